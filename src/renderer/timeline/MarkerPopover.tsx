/** Name, note and colour of the marker that is open, beside it on the timeline. */
import { Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Dialog, Popover } from 'react-aria-components';
import { type Marker, MARKER_COLOURS as NAMES } from '../../common/project/document.ts';
import { changeMarker } from '../../common/project/edits-markers.ts';
import { timecodeAt } from '../../common/project/start-timecode.ts';
import { run } from '../actions/registry.ts';
import { tryTo } from '../store/notices.ts';
import { change, endGesture, getDocument, newId, useDocument } from '../store/project.ts';
import { takeMarker, useView } from '../store/view.ts';
import { IconButton } from '../ui/IconButton.tsx';
import inputs from '../ui/input.module.css';
import popover from '../ui/popover.module.css';
import texts from '../ui/text.module.css';
import { sentence } from '../words.ts';
import styles from './MarkerPopover.module.css';
import { middleOf } from './scene.ts';

export function MarkerPopover() {
  const id = useView((view) => (view.markerOpen ? view.marker : null));
  // Its place alone: what is typed into it draws the form, not what it hangs on.
  const frame = useDocument(({ markers }) => markers.find((one) => one.id === id)?.frame ?? null);
  const x = useView((view) => (frame === null ? 0 : middleOf(view, frame)));
  const width = useView((view) => view.timelineWidth);
  const point = useRef<HTMLSpanElement>(null);
  const close = () => {
    endGesture();
    takeMarker(id);
  };
  return (
    <>
      <span ref={point} className={styles.point} style={{ left: Math.max(0, Math.min(width, x)) }} />
      <Popover
        className={popover.popover}
        triggerRef={point}
        placement="top"
        offset={4}
        isOpen={frame !== null}
        onOpenChange={(open) => {
          if (!open) close();
        }}
      >
        <Dialog className={styles.dialog} aria-label="Marker">
          {id !== null && frame !== null ? <OpenMarker key={id} id={id} onClose={close} /> : null}
        </Dialog>
      </Popover>
    </>
  );
}

function OpenMarker({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const marker = useDocument(({ markers }) => markers.find((one) => one.id === id));
  return marker ? <Form marker={marker} onClose={onClose} /> : null;
}

function Form({ marker, onClose }: { readonly marker: Marker; readonly onClose: () => void }) {
  const { id, frame, name, note, colour } = marker;
  // What is typed while it is open is one step of undo.
  const [gesture] = useState(newId);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const set = (values: Partial<Pick<Marker, 'name' | 'note' | 'colour'>>) => {
    const now = getDocument().markers.find((one) => one.id === id);
    const all = { name: now?.name ?? '', note: now?.note ?? '', colour: now?.colour ?? colour, ...values };
    tryTo(() => change({ name: 'Change marker', gesture, edit: (draft) => changeMarker(draft, id, all) }));
  };
  return (
    <>
      <div className={styles.head}>
        <span className={`${texts.quiet} ${texts.mono}`}>{timecodeAt(getDocument(), frame)}</span>
        <fieldset className={styles.colours}>
          <legend className={texts.hidden}>Colour</legend>
          {NAMES.map((one) => (
            <label
              key={one}
              className={styles.colour}
              style={{ background: `var(--marker-${one})` }}
              title={sentence(one)}
            >
              <input
                type="radio"
                name="marker-colour"
                className={texts.hidden}
                aria-label={sentence(one)}
                checked={one === colour}
                onChange={() => set({ colour: one })}
              />
            </label>
          ))}
        </fieldset>
        <IconButton name="Remove marker" onPress={() => void run('marker.remove')}>
          <Trash2 />
        </IconButton>
      </div>
      <input
        ref={field}
        className={inputs.input}
        aria-label="Name of the marker"
        placeholder="Name"
        maxLength={200}
        value={name}
        onChange={(event) => set({ name: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onClose();
        }}
      />
      <textarea
        className={inputs.input}
        aria-label="Note of the marker"
        placeholder="Note"
        rows={3}
        maxLength={5000}
        value={note}
        onChange={(event) => set({ note: event.target.value })}
      />
    </>
  );
}
