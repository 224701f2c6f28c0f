/** The label of the timeline's first frame. */
import { useState } from 'react';
import { errorLine } from '../../common/errors.ts';
import { timecodeAt } from '../../common/project/start-timecode.ts';
import { startAt } from '../actions/go-to.ts';
import { useDocument } from '../store/project.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import inputs from '../ui/input.module.css';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import styles from './StartTimecode.module.css';

export function StartTimecode() {
  const now = useDocument((document) => timecodeAt(document, 0));
  const isSet = useDocument((document) => document.startTimecode !== '');
  const [text, setText] = useState(now);
  const [fault, setFault] = useState('');
  const take = (wanted: string) => {
    try {
      startAt(wanted);
      setView({ dialog: null });
    } catch (error) {
      setFault(errorLine(error));
    }
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        take(text);
      }}
    >
      <p>
        The first frame of the timeline has this timecode, here and in what is exported. A semicolon before
        the frames counts by drop frame.
      </p>
      <input
        // biome-ignore lint/a11y/noAutofocus: the one field of a sheet that was asked for
        autoFocus
        className={`${inputs.input} ${texts.mono}`}
        aria-label="Start timecode"
        aria-invalid={fault !== ''}
        maxLength={20}
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setFault('');
        }}
      />
      <p role="status" className={texts.problem}>
        {fault}
      </p>
      <div className={layout.row}>
        <Button look="primary" type="submit">
          Set
        </Button>
        <Button isDisabled={!isSet} onPress={() => take('')}>
          As it was: hour one
        </Button>
      </div>
    </form>
  );
}
