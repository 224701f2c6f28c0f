/** Pixels; empty is the size that the project's model was trained at. */
import { useModel } from '../../store/library.ts';
import { NumberInput } from '../../ui/NumberInput.tsx';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

export function SizeWidget(props: WidgetProps<'size'>) {
  const { field, control, value, differs, onChange } = props;
  const model = useModel();
  return (
    <Row {...props}>
      {(note) => (
        <NumberInput
          label={`${field.label} in pixels`}
          value={value as number | null}
          min={control.min}
          max={control.max}
          step={control.step}
          integer
          empty={model?.nativeSize ? `${model.nativeSize}, as trained` : 'As trained'}
          differs={differs}
          describedBy={note}
          onChange={onChange}
        />
      )}
    </Row>
  );
}
