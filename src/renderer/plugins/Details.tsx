/** One plugin that is installed: what is wrong with it, its switches, what it is, and what can be done with it. */
import { useState } from 'react';
import type { PluginEntry } from '../../common/contract/plugins.ts';
import type { PluginState, PluginUse } from '../../common/plugins/used.ts';
import {
  choosePlugin,
  choosePluginFolder,
  reloadPlugin,
  removePlugin,
  switchPlugin,
} from '../actions/plugins.ts';
import { shell } from '../engine.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import { Switch } from '../ui/Switch.tsx';
import texts from '../ui/text.module.css';
import { sentence } from '../words.ts';
import { About } from './About.tsx';
import styles from './Details.module.css';
import { InThisProject } from './InThisProject.tsx';
import { Printed } from './Printed.tsx';
import { whereUsed } from './wording.ts';

interface Props {
  readonly entry: PluginEntry;
  readonly state: PluginState;
  readonly use: PluginUse | null;
}

export function Details({ entry, state, use }: Props) {
  const { name, version, manifest, developer, path, problems, disabled, on } = entry;
  return (
    <div className={styles.details}>
      <div className={styles.body}>
        <h3>
          {name} <span className={texts.quiet}>{version}</span>
        </h3>
        {disabled === null ? null : (
          <div role="alert" className={styles.trouble}>
            <p className={texts.problem}>Retake switched it off: {disabled}</p>
            <Button onPress={() => void attempt(switchPlugin(entry, true))}>Switch it on again</Button>
          </div>
        )}
        {problems.map((problem) => (
          <p key={problem} className={texts.problem}>
            {sentence(problem)}
          </p>
        ))}
        <div className={styles.switches}>
          <Switch isOn={on && disabled === null} onChange={(next) => void attempt(switchPlugin(entry, next))}>
            On for all projects
          </Switch>
          <InThisProject entry={entry} />
        </div>
        {use ? (
          <p>
            <span className={texts.quiet}>This project uses it: </span>
            {whereUsed(use)}
            {state === 'here' ? '' : '. Takes play, and all that was set is kept.'}
          </p>
        ) : null}
        {manifest ? <About manifest={manifest} /> : null}
        {manifest && manifest.tier !== 'data' ? <Printed id={entry.id} /> : null}
        <p className={`${texts.quiet} ${texts.path}`}>{path}</p>
      </div>
      <div className={styles.foot}>
        <Buttons entry={entry} use={use} developer={developer} />
      </div>
    </div>
  );
}

function Buttons({ entry, use, developer }: Omit<Props, 'state'> & { readonly developer: boolean }) {
  const [isAsking, setAsking] = useState(false);
  const { name, path } = entry;
  if (isAsking)
    return (
      <div className={styles.ask} role="alertdialog" aria-label={`Remove ${name}?`}>
        <p>
          {developer
            ? `Retake no longer runs ${name} from its folder, which stays.`
            : `${name} is deleted from this machine.`}{' '}
          {use
            ? `This project uses it (${whereUsed(use)}): takes play on and all that was set is kept, but it cannot be rendered until the plugin is back.`
            : ''}
        </p>
        <div className={layout.row}>
          <Button look="primary" onPress={() => void attempt(removePlugin(entry))}>
            {developer ? 'Stop using it' : 'Remove it'}
          </Button>
          <Button onPress={() => setAsking(false)}>Keep it</Button>
        </div>
      </div>
    );
  return (
    <div className={layout.row}>
      {developer ? (
        <Button onPress={() => void attempt(reloadPlugin(entry))}>Reload</Button>
      ) : (
        <>
          <Button onPress={() => void attempt(choosePlugin())}>Update from a file…</Button>
          <Button onPress={() => void attempt(choosePluginFolder())}>Update from a folder…</Button>
        </>
      )}
      <Button look="plain" onPress={() => void attempt(shell().revealFile(path))}>
        Open its folder
      </Button>
      <Button look="plain" onPress={() => setAsking(true)}>
        {developer ? 'Stop using the folder…' : 'Remove…'}
      </Button>
    </div>
  );
}
