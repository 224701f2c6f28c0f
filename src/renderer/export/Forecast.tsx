/** What an export will write, before it does. */
import prettyBytes from 'pretty-bytes';
import type { Foreseen } from '../store/exporting.ts';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import styles from './Export.module.css';

export function Forecast({ foreseen }: { readonly foreseen: Foreseen | null }) {
  if (foreseen?.state !== 'known')
    return <p className={texts.quiet}>{foreseen?.state === 'looking' ? 'Looking…' : ''}</p>;
  const { files, bytes, free, done, notes } = foreseen.forecast;
  return (
    <>
      <p>
        {files.length === 0
          ? 'Timelines only; no media is written'
          : `${count(files.length, 'file')}, about ${prettyBytes(bytes)}`}
        <span className={texts.quiet}>, {prettyBytes(free)} free</span>
      </p>
      {bytes > free ? <p className={texts.warn}>That may be more than there is room for.</p> : null}
      {done > 0 ? (
        <p className={texts.quiet}>
          {count(done, 'file is', 'files are')} there from an export that was cut off: it goes on from there.
        </p>
      ) : null}
      {notes.length > 0 ? (
        <ul className={`${styles.notes} ${texts.quiet}`}>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
