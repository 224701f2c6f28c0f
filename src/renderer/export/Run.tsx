/** An export under way, and what became of it. */
import prettyBytes from 'pretty-bytes';
import { useEffect, useState } from 'react';
import { duration } from '../../common/time/duration.ts';
import {
  cancelExport,
  changeExport,
  forgetExport,
  leaveExport,
  revealExport,
  startExport,
} from '../actions/export.ts';
import { type ExportRun, secondsLeft } from '../store/exporting.ts';
import { Button } from '../ui/Button.tsx';
import { Meter } from '../ui/Meter.tsx';
import texts from '../ui/text.module.css';
import { count, listed, nameOfFile, sentence } from '../words.ts';
import styles from './Export.module.css';

export function Run({ run }: { readonly run: ExportRun }) {
  if (run.state === 'running') return <Running run={run} />;
  if (run.state === 'done') return <Done run={run} />;
  return (
    <div className={styles.run}>
      {run.state === 'cancelled' ? (
        <p>
          {run.inPlace
            ? 'It was stopped, and nothing was written.'
            : 'The export was stopped. Files that were finished are kept: it goes on from there.'}
        </p>
      ) : (
        <p className={texts.problem} role="alert">
          {run.problem}
        </p>
      )}
      <p className={`${texts.quiet} ${texts.path}`}>{run.folder}</p>
      <div className={styles.buttons}>
        <Button onPress={leaveExport}>Close</Button>
        {run.inPlace ? null : <Button onPress={() => void forgetExport()}>Throw away what was made</Button>}
        {run.inPlace ? null : <Button onPress={changeExport}>Change…</Button>}
        <Button look="primary" onPress={() => void startExport()}>
          {run.state === 'cancelled' && !run.inPlace ? 'Go on' : 'Try again'}
        </Button>
      </div>
    </div>
  );
}

function Running({ run }: { readonly run: ExportRun }) {
  const { progress, folder } = run;
  const now = useClock();
  const left = secondsLeft(run, now);
  const percent = Math.floor((progress?.fraction ?? 0) * 100);
  return (
    <div className={styles.run}>
      <p>
        {progress ? `File ${progress.file} of ${progress.files}` : 'Beginning…'}
        {progress ? <span className={`${texts.quiet} ${texts.path}`}> {progress.name}</span> : null}
      </p>
      <Meter label="Export" percent={percent} />
      <p className={`${texts.quiet} ${texts.mono}`}>
        {percent} %{left === null ? '' : `, ${duration(left)} left`}
      </p>
      <p className={`${texts.quiet} ${texts.path}`}>{folder}</p>
      <p className={texts.quiet}>You may close this and work on; the bar at the top shows how far it is.</p>
      <div className={styles.buttons}>
        <Button onPress={cancelExport}>Stop</Button>
        <Button look="primary" onPress={leaveExport}>
          Work on
        </Button>
      </div>
    </div>
  );
}

const TICK_MS = 1000;
/** Of the files of one timeline. */
const MOST_NAMES = 4;

function useClock(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(ticking);
  }, []);
  return now;
}

function Done({ run: { result, inPlace } }: { readonly run: ExportRun }) {
  if (!result) return null;
  const { files, timelines, failed, notes, folder } = result;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const written = [
    ...(files.length > 0 ? [`${count(files.length, 'file')}, ${prettyBytes(bytes)}`] : []),
    ...(timelines.length > 0 ? [count(timelines.length, 'timeline')] : []),
  ];
  return (
    <div className={styles.run}>
      <p>Written: {written.join(' and ')}</p>
      <p className={`${texts.quiet} ${texts.path}`}>{folder}</p>
      {timelines.length > 0 ? (
        <ul className={styles.written} aria-label="Timelines">
          {timelines.map(({ programs, path, more, losses }) => (
            <li key={path}>
              <p>{listed([path, ...more].map(nameOfFile), MOST_NAMES)}</p>
              <p className={texts.quiet}>For {programs}</p>
              {losses.length > 0 ? (
                <ul>
                  {losses.map((loss) => (
                    <li key={loss} className={texts.warn}>
                      Not kept: {loss}
                    </li>
                  ))}
                </ul>
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
      {failed.length > 0 ? (
        <ul className={texts.problem} aria-label="Not written" role="alert">
          {failed.map(({ format, line }) => (
            <li key={format}>
              Not written: {format}. {sentence(line)}
            </li>
          ))}
        </ul>
      ) : null}
      {files.length > 0 ? (
        <ul className={`${styles.written} ${texts.quiet}`} aria-label="Files">
          {files.map((file) => (
            <li key={file.path}>
              {nameOfFile(file.path)}, {count(file.frames, 'frame')}, {prettyBytes(file.bytes)}
            </li>
          ))}
        </ul>
      ) : null}
      {notes.length > 0 ? (
        <ul className={texts.quiet}>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      ) : null}
      <div className={styles.buttons}>
        {inPlace ? null : <Button onPress={changeExport}>Export something else…</Button>}
        <Button onPress={() => void revealExport()}>Show in folder</Button>
        <Button look="primary" onPress={leaveExport}>
          Close
        </Button>
      </div>
    </div>
  );
}
