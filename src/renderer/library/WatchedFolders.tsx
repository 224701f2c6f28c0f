/** Folders that are looked at by themselves. */
import { removeFromLibrary } from '../actions/library.ts';
import { useWatchedFolders } from '../store/library.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import { count, nameOfFile } from '../words.ts';
import styles from './WatchedFolders.module.css';

const STATES = { reading: 'being read…', watched: 'watched', missing: 'missing' } as const;

export function WatchedFolders() {
  const folders = useWatchedFolders() ?? [];
  if (folders.length === 0) return null;
  return (
    <ul className={styles.folders} aria-label="Watched folders">
      {folders.map(({ path, layout, state, found, notes }) => (
        <li key={path}>
          <p className={texts.path}>
            {path}
            <span className={texts.quiet}>
              {' '}
              · {layout ? `${layout}, ` : ''}
              {STATES[state]}, {count(found, 'file')}
            </span>
          </p>
          <Button
            look="plain"
            aria-label={`Stop watching ${nameOfFile(path)}`}
            onPress={() => void attempt(removeFromLibrary(path))}
          >
            Stop watching
          </Button>
          {notes.map((note) => (
            <p key={note} className={`${texts.warn} ${styles.note}`}>
              {note}
            </p>
          ))}
        </li>
      ))}
    </ul>
  );
}
