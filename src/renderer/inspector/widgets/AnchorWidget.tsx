/** Which of a shot's anchors leads; several shots have no anchor in common. */
import { Select } from '../../ui/Select.tsx';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

export function AnchorWidget(props: WidgetProps<'anchor'>) {
  const { field, value, shot, shots, onChange } = props;
  if (shots.length > 1) return null;
  return (
    <Row {...props}>
      {(note) => (
        <Select
          label={field.label}
          isLabelHidden
          describedBy={note}
          options={shot.anchors.map((frame) => ({ id: String(frame), name: `Frame ${frame}` }))}
          value={String(value)}
          isDisabled={shot.anchors.length < 2}
          onChange={(frame) => onChange(Number(frame))}
        />
      )}
    </Row>
  );
}
