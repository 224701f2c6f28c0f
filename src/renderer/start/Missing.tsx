/** Clips, and files that shots name beside them, that are not where the project remembers them: found elsewhere, or to be looked for. */
import { findMissing, nameOf, reachMissing, takeFound } from '../actions/relink.ts';
import { attempt } from '../store/notices.ts';
import { type Missing as MissingFile, useOpened } from '../store/project.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import styles from './Missing.module.css';

export function Missing() {
  const missing = useOpened()?.missing ?? [];
  if (missing.length === 0) return <p>All files are here.</p>;
  return (
    <ul className={styles.missing}>
      {missing.map((one) => (
        <One key={one.clipId ?? one.path} missing={one} />
      ))}
    </ul>
  );
}

function One({ missing }: { readonly missing: MissingFile }) {
  const { path, foundAt, network } = missing;
  return (
    <li>
      <strong>{nameOf(missing)}</strong>
      <p className={`${texts.quiet} ${texts.path}`}>was {path}</p>
      {network ? (
        <p className={texts.quiet}>
          It is on the network, in {network}. That place is new here, so it was not asked.
        </p>
      ) : null}
      {foundAt ? <p className={`${texts.quiet} ${texts.path}`}>found at {foundAt}</p> : null}
      <div className={layout.row}>
        {network ? <Button onPress={() => void attempt(reachMissing(missing))}>Look there</Button> : null}
        {foundAt ? (
          <Button look="primary" onPress={() => takeFound(missing, foundAt)}>
            Use it from there
          </Button>
        ) : null}
        <Button onPress={() => void attempt(findMissing(missing))}>Look in a folder…</Button>
      </div>
    </li>
  );
}
