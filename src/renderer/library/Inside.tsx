/** All that is told of one entry, and what can be done with it. */
import { useEffect, useState } from 'react';
import type { LibraryEntry, LibraryFacts } from '../../common/contract/library.ts';
import { makeDefault, removeFromLibrary } from '../actions/library.ts';
import { askToTry } from '../actions/try-model.ts';
import { call, shell } from '../engine.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import styles from './Inside.module.css';
import { Words } from './Words.tsx';

export function Inside({ entry }: { readonly entry: LibraryEntry }) {
  const { path, name, kind, builtIn, isDefault, problems, watched } = entry;
  const [told, setTold] = useState<LibraryFacts | null>(null);
  const [parts, setParts] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let current = true;
    void attempt(call('library.facts', { path })).then((answer) => {
      if (current && answer) setTold(answer);
    });
    return () => {
      current = false;
    };
  }, [path]);
  const showParts = async () => {
    setBusy(true);
    const answer = await attempt(call('bundle.inspect', { dir: path }));
    setBusy(false);
    if (answer) setParts(answer.text);
  };
  return (
    <section className={styles.inside} aria-label={`Inside ${name}`}>
      {problems.slice(1).map((problem) => (
        <p key={problem} className={texts.problem}>
          {problem}
        </p>
      ))}
      <dl className={styles.facts}>
        {told?.facts.map(([fact, value]) => (
          <div key={fact}>
            <dt>{fact}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {told && told.words.length > 0 ? <Words words={told.words} /> : null}
      {parts === null ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it
        <section className={styles.parts} tabIndex={0} aria-label={`Parts of ${name}`}>
          <pre className={texts.mono}>{parts}</pre>
        </section>
      )}
      <div className={layout.row}>
        {kind === 'model' ? (
          <>
            <Button
              isDisabled={isDefault || problems.length > 0}
              onPress={() => void attempt(makeDefault(path))}
              aria-label={`Make default: ${name}`}
            >
              Make default
            </Button>
            <Button
              isDisabled={problems.length > 0}
              aria-label={`Test render with ${name}`}
              onPress={() => askToTry(path)}
            >
              Test render…
            </Button>
            <Button isDisabled={busy || parts !== null} onPress={() => void showParts()}>
              {busy ? 'Reading…' : 'Show its parts'}
            </Button>
          </>
        ) : null}
        <Button look="plain" onPress={() => void attempt(shell().revealFile(path))}>
          Show the file
        </Button>
        {builtIn || watched !== null || entry.plugin !== null ? null : (
          <Button
            look="plain"
            aria-label={`Take off the list: ${name}`}
            onPress={() => void attempt(removeFromLibrary(path))}
          >
            Take off the list
          </Button>
        )}
      </div>
    </section>
  );
}
