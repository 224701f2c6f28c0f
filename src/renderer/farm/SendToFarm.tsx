/** The sheet that sends shots to other machines: which, through what, in which folder. */
import { useId } from 'react';
import type { FarmDriverInfo } from '../../common/contract/farm.ts';
import {
  chooseSentFolder,
  driverOf,
  openSending,
  send,
  shotsToSend,
  stopSending,
  typeSetting,
} from '../actions/farm.ts';
import { useDrivers } from '../store/farm.ts';
import { tryTo } from '../store/notices.ts';
import { useDocument } from '../store/project.ts';
import { patchSending, SENT_SHOTS, type SentShots, useSending } from '../store/sending.ts';
import { useView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import inputs from '../ui/input.module.css';
import { PlaceField } from '../ui/PlaceField.tsx';
import { Select } from '../ui/Select.tsx';
import { Switch } from '../ui/Switch.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import styles from './SendToFarm.module.css';

const WHICH: Readonly<Record<SentShots, { readonly name: string; readonly none: string }>> = {
  chosen: { name: 'The chosen shots', none: 'No shot is chosen' },
  untaken: { name: 'Shots without a take', none: 'Every shot has a take' },
  all: { name: 'All shots of the timeline', none: 'The timeline has none' },
};

export function SendToFarm() {
  const drivers = useDrivers();
  const { which, driver: chosen, folder, copyModels, problem, abort } = useSending();
  // Of which shots there are, document and selection decide.
  useDocument((document) => document);
  useView((view) => view.selection);
  if (!drivers)
    return problem ? (
      <div className={styles.sheet}>
        <p className={texts.problem} role="alert">
          {problem}
        </p>
        <div className={styles.buttons}>
          <Button onPress={() => tryTo(openSending)}>Ask again</Button>
        </div>
      </div>
    ) : (
      <p className={texts.quiet}>Asking which schedulers there are…</p>
    );
  const driver = driverOf(drivers, chosen);
  if (!driver) return <p className={texts.quiet}>There is no scheduler to send to. Plugins can bring one.</p>;
  const shots = shotsToSend(which);
  const isSending = abort !== null;
  return (
    <form
      className={styles.sheet}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <fieldset className={styles.fields} disabled={isSending}>
        <div className={styles.pair}>
          <Select
            label="Shots"
            isDisabled={isSending}
            options={SENT_SHOTS.map((one) => {
              const number = shotsToSend(one).length;
              const { name, none } = WHICH[one];
              return {
                id: one,
                name: number > 0 ? `${name} (${number})` : name,
                disabled: number > 0 ? null : none,
              };
            })}
            value={which}
            onChange={(one) => patchSending({ which: one as SentShots, problem: null })}
          />
          <Select
            label="Send to"
            isDisabled={isSending}
            options={drivers.map(({ id, label, summary }) => ({ id, name: label, note: summary }))}
            value={driver.id}
            onChange={(id) => patchSending({ driver: id, problem: null })}
          />
        </div>
        <p className={texts.quiet}>{driver.summary}</p>
        <Settings driver={driver} />
        <PlaceField
          label="Folder of the job, made new"
          path={folder}
          placeholder="Beside the project"
          note="Every machine that shall render must reach it."
          isDisabled={isSending}
          onChange={(path) => patchSending({ folder: path, problem: null })}
          onChoose={() => tryTo(chooseSentFolder)}
        />
        <div>
          <Switch
            isOn={copyModels}
            isDisabled={isSending}
            onChange={(on) => patchSending({ copyModels: on })}
          >
            Copy the models into it
          </Switch>
          <p className={texts.quiet}>
            {copyModels
              ? 'For machines that do not have them. They may be large.'
              : 'Each machine finds them under the same path, or by what they hold.'}
          </p>
        </div>
      </fieldset>
      <div className={styles.foot}>
        <div role="status" className={styles.said}>
          {problem ? (
            <p className={texts.problem}>{problem}</p>
          ) : isSending ? (
            <p className={texts.quiet}>
              Checking and packing {count(shots.length, 'shot')}… You may close this and work on.
            </p>
          ) : (
            <p className={texts.quiet}>
              Takes come home by themselves, also to a window that was closed meanwhile.
            </p>
          )}
        </div>
        <div className={styles.buttons}>
          {isSending ? <Button onPress={stopSending}>Stop</Button> : null}
          <Button type="submit" look="render" isDisabled={isSending || shots.length === 0}>
            {isSending ? 'Sending…' : `Send ${count(shots.length, 'shot')}`}
          </Button>
        </div>
      </div>
    </form>
  );
}

function Settings({ driver }: { readonly driver: FarmDriverInfo }) {
  const { typed } = useSending();
  if (driver.settings.length === 0) return null;
  return (
    <div className={styles.settings}>
      {driver.settings.map(({ id, label, help, default: usual }) => (
        <Setting
          key={`${driver.id} ${id}`}
          label={label}
          help={help}
          value={typed[driver.id]?.[id] ?? usual}
          onChange={(text) => typeSetting(driver.id, id, text)}
        />
      ))}
    </div>
  );
}

interface SettingProps {
  readonly label: string;
  readonly help: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

function Setting({ label, help, value, onChange }: SettingProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className={inputs.input}
        value={value}
        spellCheck={false}
        maxLength={4096}
        aria-describedby={`${id}-line`}
        onChange={(event) => onChange(event.target.value)}
      />
      <p id={`${id}-line`} className={texts.quiet}>
        {help}
      </p>
    </div>
  );
}
