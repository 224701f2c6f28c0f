/** Which timelines go along, for which programs, and what all of it says of how it was made. */
import { useId } from 'react';
import type { ExportChoice } from '../../common/delivery/choice.ts';
import { takesScript } from '../../common/delivery/request.ts';
import {
  FCPXML_VERSIONS,
  type FcpxmlVersion,
  TIMELINE_FORMATS,
  TIMELINES,
  type TimelineFormatId,
} from '../../common/interchange/formats.ts';
import { choose } from '../actions/export.ts';
import { CheckList } from '../ui/CheckList.tsx';
import { Select } from '../ui/Select.tsx';
import { Switch } from '../ui/Switch.tsx';
import texts from '../ui/text.module.css';
import styles from './Export.module.css';

interface Props {
  readonly choice: ExportChoice;
  readonly refused: string | null;
}

type Timelines = NonNullable<ExportChoice['timelines']>;

const OPTIONS = TIMELINE_FORMATS.map((id) => ({
  id,
  name: `${TIMELINES[id].programs} · ${TIMELINES[id].ending.trim()}`,
}));

const CREDENTIALS = [
  { id: 'none', name: 'Nothing' },
  { id: 'model', name: 'Made with a model, and which' },
  { id: 'prompts', name: 'The model and the prompts' },
] as const;

export function TimelineFields({ choice, refused }: Props) {
  const id = useId();
  const { timelines } = choice;
  const set = (patch: Partial<Timelines>) =>
    choose({ timelines: { formats: [], takes: 'all', fcpxml: '1.10', ...timelines, ...patch } });
  const onFormats = (formats: string[]) =>
    formats.length === 0 ? choose({ timelines: null }) : set({ formats: formats as Timelines['formats'] });
  return (
    <>
      <div className={styles.field}>
        <CheckList
          label="Timelines"
          options={OPTIONS}
          value={timelines?.formats ?? []}
          onChange={(ids) => onFormats(TIMELINE_FORMATS.filter((one: TimelineFormatId) => ids.includes(one)))}
        />
        {refused ? <p className={texts.problem}>{refused}</p> : null}
      </div>
      {timelines ? (
        <Select
          label="Takes in timelines"
          options={[
            { id: 'all', name: 'All, the shown one chosen' },
            { id: 'shown', name: 'Only those that are shown' },
          ]}
          value={timelines.takes}
          onChange={(takes) => set({ takes: takes as Timelines['takes'] })}
        />
      ) : null}
      {timelines?.formats.includes('fcpxml') ? (
        <Select
          label="Version of Final Cut Pro's XML"
          options={FCPXML_VERSIONS.map((version) => ({ id: version, name: version }))}
          value={timelines.fcpxml}
          onChange={(fcpxml) => set({ fcpxml: fcpxml as FcpxmlVersion })}
        />
      ) : null}
      {takesScript(choice) ? (
        <Switch isOn={choice.resolve} onChange={(resolve) => choose({ resolve })}>
          Script for Resolve&apos;s take selector
        </Switch>
      ) : null}
      <div className={styles.field}>
        <Select
          label="Files say of how they were made"
          options={CREDENTIALS}
          value={choice.credentials}
          onChange={(credentials) => choose({ credentials: credentials as ExportChoice['credentials'] })}
          describedBy={id}
        />
        <p id={id} className={texts.quiet}>
          {choice.credentials === 'none'
            ? 'No note of it goes along.'
            : 'As metadata beside each take, for whoever checks where pictures come from.'}
        </p>
      </div>
    </>
  );
}
