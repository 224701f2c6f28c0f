/** Clips that are not where the project remembers them: found elsewhere, or to be looked for. */
import { findClip, reachClip, takeFoundClip } from '../actions/relink.ts';
import { attempt } from '../store/notices.ts';
import { useDocument, useOpened } from '../store/project.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import styles from './Missing.module.css';

export function Missing() {
  const missing = useOpened()?.missing ?? [];
  const clips = useDocument((document) => document.clips);
  if (missing.length === 0) return <p>All clips are here.</p>;
  return (
    <ul className={styles.missing}>
      {missing.map(({ clipId, path, foundAt, network }) => (
        <li key={clipId}>
          <strong>{clips[clipId]?.name ?? 'A clip'}</strong>
          <p className={`${texts.quiet} ${texts.path}`}>was {path}</p>
          {network ? (
            <p className={texts.quiet}>
              It is on the network, in {network}. That place is new here, so it was not asked.
            </p>
          ) : null}
          {foundAt ? <p className={`${texts.quiet} ${texts.path}`}>found at {foundAt}</p> : null}
          <div className={layout.row}>
            {network ? (
              <Button onPress={() => void attempt(reachClip(clipId, path))}>Look there</Button>
            ) : null}
            {foundAt ? (
              <Button look="primary" onPress={() => takeFoundClip(clipId, foundAt)}>
                Use it from there
              </Button>
            ) : null}
            <Button onPress={() => void attempt(findClip(clipId))}>Look in a folder…</Button>
          </div>
        </li>
      ))}
    </ul>
  );
}
