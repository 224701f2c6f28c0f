/** The cut of another program becomes a project: what is in it, where its clips are, and what could not be kept. */
import { formatRational, parseRational } from '../../common/time/rational.ts';
import {
  chooseFootageFolder,
  chooseProjectPlace,
  leaveOpening,
  lookIn,
  openAsked,
} from '../actions/open-timeline.ts';
import { type Opening, patchOpening, useOpening } from '../store/opening.ts';
import { EDITING_RATES, rateOption, ratesWith } from '../store/rates.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import { PlaceField } from '../ui/PlaceField.tsx';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';
import { count, fps, nameOfFile } from '../words.ts';
import styles from './OpenTimeline.module.css';

export function OpenTimeline() {
  const opening = useOpening();
  if (!opening) return null;
  return opening.state === 'opened' ? <Opened opening={opening} /> : <Ask opening={opening} />;
}

function Ask({ opening }: { readonly opening: Opening }) {
  const { path, project, footage, rate, seen, problem, state } = opening;
  const busy = state !== 'asking';
  const lost = seen?.files.filter(({ foundAt }) => foundAt === null) ?? [];
  const none = seen !== null && lost.length === seen.files.length;
  return (
    <div className={styles.sheet}>
      <p className={texts.path}>{nameOfFile(path)}</p>
      {seen ? (
        <p className={texts.quiet}>
          {seen.name === '' ? '' : `“${seen.name}”: `}
          {count(seen.shots, 'shot')} of {count(seen.files.length, 'file')}
          {seen.rate ? `, ${fps(seen.rate)}` : ''}
        </p>
      ) : state === 'looking' ? (
        <p className={texts.quiet}>Looking into it…</p>
      ) : null}
      <PlaceField
        label="Project"
        path={project}
        note="A new one; the timeline stays as it is"
        isDisabled={state === 'opening'}
        onChange={(chosen) => patchOpening({ project: chosen, problem: null })}
        onChoose={() => void chooseProjectPlace()}
      />
      {seen && seen.rate === null ? (
        <Select
          label="Frames a second (the list does not say)"
          options={ratesWith(EDITING_RATES, rate).map(rateOption)}
          value={rate ? formatRational(rate) : ''}
          onChange={(id) => patchOpening({ rate: parseRational(id) })}
        />
      ) : null}
      {lost.length > 0 || footage !== '' ? (
        <section className={styles.lost} aria-label="Clips that were not found">
          {lost.length > 0 ? (
            <>
              <p className={texts.warn}>
                {count(lost.length, 'clip is', 'clips are')} not where the timeline says
                {none ? '' : '; their places would be left empty'}
              </p>
              <ul className={texts.path}>
                {lost.slice(0, 50).map(({ name }) => (
                  <li key={name}>{name}</li>
                ))}
                {lost.length > 50 ? <li>and {lost.length - 50} more</li> : null}
              </ul>
            </>
          ) : (
            <p>All clips were found.</p>
          )}
          <PlaceField
            label="Folder with the clips"
            path={footage}
            placeholder="Searched by name, with all folders in it"
            isDisabled={state === 'opening'}
            onChange={(folder) => void lookIn(folder)}
            onChoose={() => void chooseFootageFolder()}
          />
        </section>
      ) : null}
      {problem ? (
        <p className={texts.problem} role="alert">
          {problem}
        </p>
      ) : null}
      <div className={styles.buttons}>
        <Button onPress={leaveOpening}>Cancel</Button>
        <Button
          look="primary"
          isDisabled={
            busy || seen === null || none || (seen.rate === null && rate === null) || project === ''
          }
          onPress={() => void openAsked()}
        >
          {state === 'opening' ? 'Opening…' : 'Open'}
        </Button>
      </div>
    </div>
  );
}

function Opened({ opening: { path, losses } }: { readonly opening: Opening }) {
  return (
    <div className={styles.sheet}>
      <p>The project is made and open. Of {nameOfFile(path)} this could not be kept:</p>
      <ul className={styles.losses}>
        {losses.map((loss) => (
          <li key={loss}>{loss}</li>
        ))}
      </ul>
      <div className={`${styles.buttons} ${layout.row}`}>
        <Button look="primary" onPress={leaveOpening}>
          Go on
        </Button>
      </div>
    </div>
  );
}
