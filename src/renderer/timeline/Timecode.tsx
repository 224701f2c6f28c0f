/** The timecode at the playhead; pressed, it is typed over and gone to. */
import { type KeyboardEvent, useState } from 'react';
import { timecodeAt } from '../../common/project/start-timecode.ts';
import { goTo } from '../actions/go-to.ts';
import { useKeyLabel } from '../keyboard/bindings.ts';
import { useDocument } from '../store/project.ts';
import { setView, useView } from '../store/view.ts';
import inputs from '../ui/input.module.css';
import texts from '../ui/text.module.css';
import styles from './Timecode.module.css';

export function Timecode() {
  const going = useView((view) => view.goingTo);
  return going ? <Field /> : <Shown />;
}

function Shown() {
  const playhead = useView((view) => view.playhead);
  const text = useDocument((document) => timecodeAt(document, playhead));
  const key = useKeyLabel('seek.goTo');
  return (
    <button
      type="button"
      className={`${styles.timecode} ${styles.shown} ${texts.mono}`}
      title={`Press to go to a timecode${key ? ` (${key})` : ''}`}
      onClick={() => setView({ goingTo: true })}
    >
      <output aria-label="Timecode at the playhead" aria-live="off">
        {text}
      </output>
    </button>
  );
}

/** Numbers that are typed for; what is none keeps the field open. */
function Field() {
  const [isWrong, setWrong] = useState(false);
  const playhead = useView((view) => view.playhead);
  const now = useDocument((document) => timecodeAt(document, playhead));
  const close = () => setView({ goingTo: false });
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Escape') close();
    if (event.key !== 'Enter') return;
    const { value } = event.currentTarget;
    if (value.trim() === '' || goTo(value)) close();
    else setWrong(true);
  };
  return (
    <input
      ref={(field) => field?.focus()}
      className={`${inputs.input} ${styles.timecode} ${styles.field} ${texts.mono}`}
      aria-label="Go to timecode"
      aria-invalid={isWrong}
      placeholder={now}
      title="123 or 1:23 is 1 second and 23 frames in; 01:00:05:10 a label; +12 and −12 frames on and back; 240f a frame"
      maxLength={20}
      spellCheck={false}
      onInput={() => setWrong(false)}
      onBlur={close}
      onKeyDown={onKeyDown}
    />
  );
}
