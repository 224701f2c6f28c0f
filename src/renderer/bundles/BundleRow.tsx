/** One model: what it is, what is wrong with it, and its insides when asked for. */
import prettyBytes from 'pretty-bytes';
import { useState } from 'react';
import type { BundleEntry } from '../../common/contract/bundles.ts';
import { makeDefault, removeBundle } from '../actions/bundles.ts';
import { call, shell } from '../engine.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import { Tag } from '../ui/Tag.tsx';
import texts from '../ui/text.module.css';
import styles from './BundleRow.module.css';

export function BundleRow({ bundle }: { readonly bundle: BundleEntry }) {
  const { dir, name, kind, builtIn, isDefault, nativeSize, problems } = bundle;
  const [inside, setInside] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const inspect = async () => {
    if (inside !== null) {
      setInside(null);
      return;
    }
    setBusy(true);
    const answer = await attempt(call('bundle.inspect', { dir }));
    setBusy(false);
    if (answer) setInside(answer.text);
  };
  return (
    <li className={styles.bundle} aria-label={name}>
      <div className={styles.head}>
        <strong>{name}</strong>
        {isDefault ? <Tag isStrong>default</Tag> : null}
        {builtIn ? <Tag>comes with Retake</Tag> : null}
        <span className={`${texts.quiet} ${styles.facts}`}>
          {kind} · {nativeSize} pixels · {prettyBytes(bundle.bytes)}
        </span>
      </div>
      <p className={`${texts.quiet} ${texts.path}`}>{dir}</p>
      {problems.length > 0 ? (
        <ul className={styles.problems}>
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      ) : null}
      <div className={layout.row}>
        <Button
          isDisabled={isDefault || problems.length > 0}
          onPress={() => void attempt(makeDefault(dir))}
          aria-label={`Make default: ${name}`}
        >
          Make default
        </Button>
        <Button isDisabled={busy} onPress={() => void inspect()} aria-expanded={inside !== null}>
          {busy ? 'Reading…' : inside === null ? 'Inspect' : 'Close inspection'}
        </Button>
        <Button look="plain" onPress={() => void attempt(shell().revealFile(dir))}>
          Show folder
        </Button>
        {builtIn ? null : (
          <Button
            look="plain"
            aria-label={`Take off the list: ${name}`}
            onPress={() => void attempt(removeBundle(dir))}
          >
            Take off the list
          </Button>
        )}
      </div>
      {inside === null ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it
        <section className={styles.inside} tabIndex={0} aria-label={`Inside ${name}`}>
          <pre className={texts.mono}>{inside}</pre>
        </section>
      )}
    </li>
  );
}
