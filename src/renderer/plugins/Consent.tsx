/** What a plugin is and asks for, before anything of it is installed. Drawn from its manifest alone: nothing of it has run. */
import prettyBytes from 'pretty-bytes';
import type { PluginLook } from '../../common/contract/plugins.ts';
import { installLooked, leaveInstalling } from '../actions/plugins.ts';
import { useInstalling } from '../store/installing.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import { About } from './About.tsx';
import styles from './Consent.module.css';
import { changeLine } from './wording.ts';

export function Consent() {
  const installing = useInstalling();
  if (!installing) return null;
  const { look, path, problem, state, as } = installing;
  const refused = problem ?? look?.problems[0] ?? null;
  return (
    <div className={styles.consent}>
      {look ? <What look={look} developer={as === 'developer'} /> : null}
      {state === 'looking' ? <p role="status">Looking into it…</p> : null}
      <p className={`${texts.quiet} ${texts.path}`}>{path}</p>
      <footer className={styles.foot}>
        <div aria-live="polite">
          {refused ? (
            <p className={texts.problem}>{refused}</p>
          ) : look && look.asks.length > 0 ? (
            <p>By installing it you allow what is listed above, until you remove it.</p>
          ) : null}
        </div>
        <div className={styles.buttons}>
          <Button onPress={leaveInstalling}>{refused ? 'Close' : 'Cancel'}</Button>
          {look && look.problems.length === 0 ? (
            // Never greyed: it would lose the focus, and with it Escape.
            <Button look="primary" onPress={() => void installLooked()}>
              {state === 'installing' ? 'Installing…' : verb(look, as)}
            </Button>
          ) : null}
        </div>
      </footer>
    </div>
  );
}

function verb({ change }: PluginLook, as: 'copy' | 'developer'): string {
  if (as === 'developer') return 'Use this folder';
  return { new: 'Install', update: 'Update', same: 'Install again', downgrade: 'Install the older one' }[
    change
  ];
}

function What({ look, developer }: { readonly look: PluginLook; readonly developer: boolean }) {
  const { manifest, files, bytes, installed, asks } = look;
  const change = changeLine(look);
  return (
    <>
      <h3>
        {manifest.name} <span className={texts.quiet}>{manifest.version}</span>
      </h3>
      {change ? <p>{change}</p> : null}
      {installed && installed.author !== manifest.author ? (
        <p className={texts.warn}>
          It is by {manifest.author}; the installed one is by {installed.author}. Go on only if you know why.
        </p>
      ) : null}
      {installed && asks.length > 0 ? (
        <div>
          <p className={texts.warn}>It asks for more than before:</p>
          <ul className={styles.more}>
            {asks.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </div>
      ) : null}
      {developer ? (
        <p className={texts.warn}>
          It runs from this folder, with whatever its files say when they are read: for plugins that you are
          making.
        </p>
      ) : null}
      <About manifest={manifest} />
      <p className={texts.quiet}>
        {count(files, 'file')}, {prettyBytes(bytes)}
      </p>
    </>
  );
}
