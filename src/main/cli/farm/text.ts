/** What the terminal prints of farms. Pure. */
import prettyBytes from 'pretty-bytes';
import type { FarmCollected, FarmDriverInfo, FarmStatus } from '../../../common/contract/farm.ts';
import { withHint } from '../../../common/errors.ts';
import { table } from '../text.ts';

/** Of a failure; all of it is in the answer as JSON. */
const MOST_LINES = 8;

export function statusText(status: FarmStatus): string {
  const { folder, name, driver, state, words, invert, shots, problem } = status;
  const inverted = invert.of > 0 ? [`  inverted ${invert.done} of ${invert.of}`] : [];
  return [
    `${name}: ${state}${driver === null ? '' : ` (${driver})`}, ${words}`,
    `  ${folder}`,
    ...inverted,
    ...(problem === null ? [] : [`  ${problem}`]),
    ...(shots.length > 0 ? [table(shots.map(shotRow))] : []),
    ...shots.flatMap(failureText),
  ].join('\n');
}

function shotRow({
  number,
  name,
  state,
  host,
  fraction,
  doing,
  attempts,
}: FarmStatus['shots'][number]): string[] {
  const share = state === 'running' ? `${Math.floor(fraction * 100)} %` : '';
  const again = attempts > 1 ? `attempt ${attempts}` : '';
  const rest = [host === null ? '' : `on ${host}`, doing, again].filter(Boolean).join(', ');
  return ['', String(number), name, state, share, rest];
}

function failureText({ name, state, error, lines }: FarmStatus['shots'][number]): string[] {
  if (!error || state === 'done' || state === 'collected') return [];
  const said = lines.slice(-MOST_LINES).map((line) => `    | ${line}`);
  return [`  ${name}: ${withHint(error.line, error.hint)}`, ...said];
}

export function listText(statuses: readonly FarmStatus[]): string {
  if (statuses.length === 0) return 'Nothing was sent from here. See "retake farm submit --help".';
  return table(
    statuses.map(({ name, state, words, folder, problem }) => [name, state, problem ?? words, folder]),
  );
}

export function collectedText(said: FarmCollected): string {
  const { takes, before, missing, artefacts, refused, unfiled } = said;
  const counts = [
    `${takes.length} ${takes.length === 1 ? 'take' : 'takes'} brought home`,
    ...(before > 0 ? [`${before} before`] : []),
    ...(missing.length > 0 ? [`${missing.length} not there yet`] : []),
  ];
  return [
    counts.join(', '),
    `  ${artefacts.added} artefacts into the cache (${prettyBytes(artefacts.bytes)}), ${artefacts.known} known`,
    ...takes.map(({ name, path }) => `  ${name}: ${path}`),
    ...refused.map((line) => `  left where it is: ${line}`),
    ...unfiled.map((line) => `  ${line}`),
  ].join('\n');
}

export function driversText(drivers: readonly FarmDriverInfo[]): string {
  if (drivers.length === 0) return 'There is none.';
  return drivers
    .map(({ id, summary, settings }) =>
      [
        `${id}: ${summary}`,
        table(settings.map((one) => ['', one.id, one.default === '' ? '(none)' : one.default, one.help])),
      ]
        .filter(Boolean)
        .join('\n'),
    )
    .join('\n');
}
