/** The artist's note on a take, typed where it stands: Enter or leaving keeps it, Escape does not, Shift+Enter begins a line. */
import { useEffect, useRef } from 'react';
import type { Take } from '../../common/project/document.ts';
import { giveNote } from '../actions/takes.ts';
import { tryTo } from '../store/notices.ts';
import inputs from '../ui/input.module.css';
import styles from './Note.module.css';

interface Props {
  readonly take: Take;
  readonly isEditing: boolean;
  readonly onEditing: (on: boolean) => void;
}

export function Note({ take, isEditing, onEditing }: Props) {
  if (isEditing) return <NoteField take={take} onEnd={() => onEditing(false)} />;
  if (take.note === '') return null;
  return (
    <p className={styles.note} title="N writes another" onDoubleClick={() => onEditing(true)}>
      {take.note}
    </p>
  );
}

function NoteField({ take, onEnd }: { readonly take: Take; readonly onEnd: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const givenUp = useRef(false);
  useEffect(() => field.current?.select(), []);
  return (
    <textarea
      ref={field}
      className={`${inputs.input} ${styles.field}`}
      aria-label={`Note on ${take.name}`}
      placeholder="What you think of it"
      maxLength={10_000}
      rows={2}
      defaultValue={take.note}
      onBlur={({ currentTarget: { value } }) => {
        if (!givenUp.current) tryTo(() => giveNote(take, value));
        onEnd();
      }}
      onPointerDown={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        givenUp.current = event.key === 'Escape';
        if (givenUp.current || (event.key === 'Enter' && !event.shiftKey)) {
          // The row has the focus again, so that keys go on from there.
          const row = event.currentTarget.closest<HTMLElement>('[role="row"]');
          event.preventDefault();
          event.currentTarget.blur();
          row?.focus();
        }
        // A list around it would take letters for typing ahead.
        if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
      }}
    />
  );
}
