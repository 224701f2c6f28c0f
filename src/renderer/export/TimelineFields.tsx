/** Which timelines go along, for which programs, and what all of it says of how it was made. */
import { useId } from 'react';
import type { ExportChoice } from '../../common/delivery/choice.ts';
import { takesScript } from '../../common/delivery/request.ts';
import { FCPXML_VERSIONS, type FcpxmlVersion } from '../../common/interchange/formats.ts';
import { pluginOf } from '../../common/plugins/ids.ts';
import { choose } from '../actions/export.ts';
import { useTimelineFormats, type WayOfWriting } from '../store/timeline-ways.ts';
import { CheckList } from '../ui/CheckList.tsx';
import { Select } from '../ui/Select.tsx';
import { Switch } from '../ui/Switch.tsx';
import texts from '../ui/text.module.css';
import styles from './Export.module.css';
import { FormatParams } from './FormatParams.tsx';

interface Props {
  readonly choice: ExportChoice;
  readonly refused: string | null;
}

type Timelines = NonNullable<ExportChoice['timelines']>;

function optionOf({ id, programs, ending, plugin, label }: WayOfWriting) {
  return plugin === null
    ? { id, name: `${programs} · ${ending.trim()}` }
    : { id, name: `${label} · ${ending.trim()}`, note: `By the plugin ${plugin.name}, for ${programs}` };
}

/** Chosen, perhaps by a preset, and not there: it can be unticked. */
function optionAway(id: string) {
  return { id, name: id, note: `Its plugin, ${pluginOf(id) ?? id}, is not there or not on` };
}

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
  const ways = useTimelineFormats();
  const chosen = timelines?.formats ?? [];
  const away = ways === null ? [] : chosen.filter((one) => !ways.some((way) => way.id === one));
  const options = [...(ways ?? []).map(optionOf), ...away.map(optionAway)];
  const onFormats = (ids: readonly string[]) => {
    const formats = options.flatMap((one) => (ids.includes(one.id) ? [one.id] : []));
    if (formats.length === 0) choose({ timelines: null });
    else set({ formats, ...paramsIn(formats, timelines?.params) });
  };
  return (
    <>
      <div className={styles.field}>
        <CheckList label="Timelines" options={options} value={chosen} onChange={onFormats} />
        {refused ? <p className={texts.problem}>{refused}</p> : null}
      </div>
      {(ways ?? [])
        .filter(({ id, params }) => params !== null && chosen.includes(id))
        .map((format) => (
          <FormatParams
            key={format.id}
            format={format}
            values={timelines?.params?.[format.id] ?? {}}
            onChange={(values) => set(paramsIn(chosen, { ...timelines?.params, [format.id]: values }))}
          />
        ))}
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

/** Of the formats that are chosen; what is as the plugin has it is left to the plugin, so that presets stay what they are. */
function paramsIn(formats: readonly string[], params: Timelines['params']): Pick<Timelines, 'params'> {
  const said = Object.entries(params ?? {}).filter(
    ([id, values]) => formats.includes(id) && Object.keys(values).length > 0,
  );
  return { params: said.length > 0 ? Object.fromEntries(said) : undefined };
}
