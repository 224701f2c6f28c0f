/** One of a few. */
import { sameValue } from '../../../common/settings/catalogue.ts';
import { Select } from '../../ui/Select.tsx';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

export function ChoiceWidget(props: WidgetProps<'choice'>) {
  const { field, control, value, differs, onChange } = props;
  const isListed = control.options.some((one) => sameValue(one.value, value));
  // What the project has, also where this version of the list does not know it.
  const options = isListed ? control.options : [...control.options, { value, name: String(value) }];
  return (
    <Row {...props}>
      {(note) => (
        <Select
          label={field.label}
          isLabelHidden
          describedBy={note}
          options={options.map((one, index) => ({ id: String(index), name: one.name, note: one.note }))}
          value={String(options.findIndex((one) => sameValue(one.value, value)))}
          differs={differs}
          onChange={(id) => onChange(options[Number(id)]?.value)}
        />
      )}
    </Row>
  );
}
