/** One model: what it is, what is wrong with it, and its insides when asked for. */
import { useState } from 'react';
import type { BundleEntry } from '../../common/contract/bundles.ts';
import { makeDefault, removeBundle } from '../actions/bundles.ts';
import { call, shell } from '../engine.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import { bytes } from '../words.ts';

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
    <li className="bundle" aria-label={name}>
      <div className="bundle-head">
        <strong>{name}</strong>
        {isDefault ? <span className="tag on">default</span> : null}
        {builtIn ? <span className="tag">comes with Retake</span> : null}
        <span className="quiet">
          {kind} · {nativeSize} pixels · {bytes(bundle.bytes)}
        </span>
      </div>
      <p className="quiet bundle-dir">{dir}</p>
      {problems.length > 0 ? (
        <ul className="bundle-problems">
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      ) : null}
      <div className="row">
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
        <section className="bundle-inside" tabIndex={0} aria-label={`Inside ${name}`}>
          <pre className="mono">{inside}</pre>
        </section>
      )}
    </li>
  );
}
