/** Which of a shot's anchors leads, and whether the others do too; several shots have no anchor in common. */
import { useMethods } from '../../store/methods.ts';
import { Select } from '../../ui/Select.tsx';
import texts from '../../ui/text.module.css';
import { otherAnchorsNote } from '../anchor-note.ts';
import rows from '../Row.module.css';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

export function AnchorWidget(props: WidgetProps<'anchor'>) {
  const { field, value, shot, shots, onChange } = props;
  const methods = useMethods();
  if (shots.length > 1) return null;
  const others = otherAnchorsNote(shot, methods);
  return (
    <Row {...props}>
      {(note) => (
        <>
          <Select
            label={field.label}
            isLabelHidden
            describedBy={note}
            options={shot.anchors.map((frame) => ({ id: String(frame), name: `Frame ${frame}` }))}
            value={String(value)}
            isDisabled={shot.anchors.length < 2}
            onChange={(frame) => onChange(Number(frame))}
          />
          {others ? <p className={`${rows.note} ${texts.quiet}`}>{others}</p> : null}
        </>
      )}
    </Row>
  );
}
