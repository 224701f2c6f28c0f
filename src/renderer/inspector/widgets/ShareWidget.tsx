/** From and to, in percent of the steps. */
import { endGesture } from '../../store/project.ts';
import { Row } from '../Row.tsx';
import { StepsFields } from '../StepsFields.tsx';
import type { WidgetProps } from './widget.ts';

export function ShareWidget(props: WidgetProps<'share'>) {
  const { field, value, differs, onChange } = props;
  const share = value as { readonly from: number; readonly to: number };
  const change = (part: Partial<typeof share>) => {
    onChange({ ...share, ...part });
    endGesture();
  };
  return (
    <Row {...props}>
      {(note) => (
        <StepsFields
          of={field.label}
          from={share.from}
          to={share.to}
          onFrom={(from) => change({ from })}
          onTo={(to) => change({ to })}
          differs={differs}
          describedBy={note}
        />
      )}
    </Row>
  );
}
