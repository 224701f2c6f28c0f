/** What networks run on. Each is tried and timed for real in a process of its own; one that fails says why. */
import { useEffect, useState } from 'react';
import { Radio, RadioGroup } from 'react-aria-components';
import { setProject } from '../../common/project/edits-settings.ts';
import type { ProviderTrial } from '../../common/report.ts';
import { PROVIDERS } from '../../common/settings/model.ts';
import { call } from '../engine.ts';
import { attempt } from '../store/notices.ts';
import { change, useDocument, useOpened } from '../store/project.ts';
import { useEngineState } from '../store/session.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import styles from './Providers.module.css';
import { autoNote, PROVIDER_NAMES, providerNote } from './provider-note.ts';

export function Providers() {
  const provider = useDocument((document) => document.provider);
  const opened = useOpened();
  /** Unknown: the engine could not be asked. */
  const [trials, setTrials] = useState<readonly ProviderTrial[] | 'unknown' | null>(null);
  const { engine } = useEngineState();
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    setTrials(null);
    // One that is starting is asked once it is there.
    if (engine === 'up') {
      void attempt(call('providers.list', { again: round > 0 })).then((list) => {
        if (current) setTrials(list ?? 'unknown');
      });
    } else if (engine === 'failed') setTrials('unknown');
    return () => {
      current = false;
    };
  }, [round, engine]);
  return (
    <div className={styles.providers}>
      <RadioGroup
        aria-label="What this project renders on"
        value={provider}
        isDisabled={!opened}
        onChange={(next) =>
          change({
            name: 'Choose what renders',
            edit: (draft) => setProject(draft, { provider: next as typeof provider }),
          })
        }
      >
        {PROVIDERS.map((id) => {
          const note = id === 'auto' ? autoNote(trials) : providerNote(id, trials);
          return (
            <Radio
              key={id}
              value={id}
              className={styles.provider}
              isDisabled={typeof note !== 'string' && !note.ok}
            >
              <span className={styles.mark} aria-hidden="true" />
              <span>{PROVIDER_NAMES[id]}</span>
              <span className={typeof note !== 'string' && !note.ok ? styles.no : texts.quiet}>
                {typeof note === 'string' ? note : note.text}
              </span>
            </Radio>
          );
        })}
      </RadioGroup>
      {opened ? null : <p className={texts.quiet}>This is a choice of a project; open one first.</p>}
      <div>
        <Button isDisabled={trials === null} onPress={() => setRound(round + 1)}>
          {trials === null ? 'Trying each…' : 'Try again'}
        </Button>
      </div>
    </div>
  );
}
