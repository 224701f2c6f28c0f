/** What the terminal prints of the engine's answers. Pure. */
import { basename } from 'node:path';
import prettyBytes from 'pretty-bytes';
import type { CacheGroup, CacheStat } from '../../common/contract/cache.ts';
import type { JobSummary } from '../../common/contract/jobs.ts';
import type { MethodInfo } from '../../common/contract/machine.ts';
import type { ImageTextScores, TakeReport } from '../../common/report.ts';
import { type Grouped, valuesInWords } from '../../common/settings/catalogue.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { readings, type TakeScores } from '../../common/take-scores.ts';
import { duration } from '../../common/time/duration.ts';

/** Left-aligned columns, as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The beginning of a text, in one line. */
function cellText(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 40 ? `${line.slice(0, 39).trimEnd()}…` : line;
}

function nullTextLine({
  shared,
  made,
  fromCache,
  bytes,
  psnr,
  plainPsnr,
}: NonNullable<TakeReport['inversion']['nullText']>): string {
  const whose = shared
    ? 'for all frames'
    : made + fromCache === 1
      ? 'for one frame'
      : `for ${made + fromCache} frames`;
  const dB = (value: number) => `${value.toFixed(1)} dB`;
  const found = fromCache > 0 ? `, ${made === 0 ? 'all' : fromCache} from the cache` : '';
  const plain = plainPsnr === null ? '' : `, ${dB(plainPsnr)} without`;
  const led =
    psnr === null
      ? ''
      : `; at full prompt strength the source prompt reconstructs the frame that was checked at ${dB(psnr)}${plain}`;
  return `empty prompts tuned ${whose}${found} (${prettyBytes(bytes)})${led}`;
}

export function takeSummary(report: TakeReport): string {
  const { take, inversion, seconds } = report;
  const rate = take.rate.den === 1 ? `${take.rate.num}` : `${take.rate.num}/${take.rate.den}`;
  const cached =
    inversion.fromCache > 0 ? `, ${inversion.fromCache} of ${inversion.frames} frames from the cache` : '';
  const { unetShallow = 0, unetRecorded = 0 } = report.sampling;
  const shallow = unetShallow > 0 ? `, ${unetShallow} of them in part` : '';
  const back = unetRecorded > 0 ? `, ${unetRecorded} of them there and back` : '';
  const lines = [
    `${take.path}`,
    `  ${take.frames} frames, ${take.width}×${take.height}, ${rate} fps, ${prettyBytes(take.bytes)}` +
      `${take.timecode ? `, from ${take.timecode}` : ''}${take.audioStreams ? ', with sound' : ''}`,
    `  inversion: ${inversion.unetCalls} UNet calls${cached}; rendering: ${report.sampling.unetCalls}${shallow}${back}`,
    `  ${duration(seconds.total)} in all (inversion ${duration(seconds.invert)}, rendering ${duration(seconds.sample)}, encoding ${duration(seconds.encode)}) on ${report.provider.used}`,
  ];
  for (const { name, strength, layers, unmatched } of report.loras ?? []) {
    const [unet, text] = [layers.unet, layers.text];
    const beside = unmatched.length > 0 ? `; ${unmatched.length} not in this model and left out` : '';
    lines.push(
      `  LoRA ${name} at ${strength}: ${unet} layers of the UNet, ${text} of the text encoder${beside}`,
    );
  }
  if (inversion.reconstruction) {
    const { frames, fromCache, minPsnr } = inversion.reconstruction;
    const what = frames === 1 ? 'the frame that was checked' : `each of ${frames} checked frames`;
    const when = fromCache === frames ? ', measured when it was cached' : '';
    lines.push(
      `  the inversion reconstructs ${what} at ${minPsnr.toFixed(1)} dB${frames > 1 ? ' or more' : ''}${when}`,
    );
  }
  if (inversion.nullText) lines.push(`  ${nullTextLine(inversion.nullText)}`);
  for (const { path, condition, scale } of report.controls ?? [])
    lines.push(`  held by ${basename(path)}: ${condition}, scale ${scale}`);
  const { settings } = report;
  const fromModel = SETTINGS.fields.filter(({ path }) => settings.origins[path] === 'model');
  if (fromModel.length > 0)
    lines.push(
      `  settings that came with the model: ${valuesInWords(settings as unknown as Grouped, fromModel).join(', ')}`,
    );
  if (report.imageText) lines.push(`  ${imageTextLine(report.imageText)}`);
  return lines.join('\n');
}

/** A line for each number with what it means, then what must be known to read them. */
export function scoresText(scores: TakeScores): string {
  const { take, frames, width, height, notes } = scores;
  const rows = readings(scores).map(({ label, term, value, means }) => [
    `  ${label} (${term})`,
    value,
    means,
  ]);
  return [
    take,
    `  ${frames} ${frames === 1 ? 'frame' : 'frames'}, compared at ${width}×${height}, as the model saw them`,
    ...(rows.length > 0 ? [table(rows)] : []),
    ...notes.map((note) => `  note: ${note}`),
  ].join('\n');
}

/** "image-text similarity: prompt 0.291, source prompt 0.236, …" */
function imageTextLine({ prompt, source, consecutive, frameAccuracy }: ImageTextScores): string {
  const shown = [
    `prompt ${prompt.toFixed(3)}`,
    ...(source === null ? [] : [`source prompt ${source.toFixed(3)}`]),
    ...(consecutive === null ? [] : [`consecutive frames ${consecutive.toFixed(3)}`]),
    ...(frameAccuracy === null
      ? []
      : [`${Math.round(100 * frameAccuracy)} % of frames nearer to the prompt`]),
  ];
  return `image-text similarity: ${shown.join(', ')}`;
}

/** The desktop goes on with its own. */
function stateText({ state, resumable, desktop }: JobSummary): string {
  if (desktop) return `${state} (desktop: ${desktop.project ? `${desktop.project}, ` : ''}${desktop.label})`;
  return resumable ? `${state} (can be resumed)` : state;
}

export function jobTable(jobs: readonly JobSummary[]): string {
  if (jobs.length === 0) return 'no jobs yet';
  const rows = jobs.map((job) => [
    job.id,
    stateText(job),
    job.phase && job.total > 0 && job.state !== 'done' ? `${job.phase} ${job.done}/${job.total}` : '',
    job.settings.method.id,
    cellText(job.settings.prompts.target),
    job.settings.output.path,
    job.state === 'failed' ? (job.error ?? '') : '',
  ]);
  return table([['job', 'state', 'progress', 'method', 'prompt', 'take', 'why'], ...rows]);
}

export function cacheGroups(groups: readonly CacheGroup[]): string {
  if (groups.length === 0) return 'nothing cached yet';
  const rows = groups.map((group) => [
    group.label,
    group.clip,
    group.bundle,
    cellText(group.prompt),
    group.settings,
    `${group.items}`,
    prettyBytes(group.bytes),
    group.worstPsnr === null ? '' : `${group.worstPsnr.toFixed(1)} dB`,
    new Date(group.lastUsed).toISOString().slice(0, 16).replace('T', ' '),
  ]);
  return table([
    ['what', 'clip', 'bundle', 'prompt', 'settings', 'items', 'size', 'lowest', 'last used'],
    ...rows,
  ]);
}

export function cacheStat({ file, items, bytes, limitBytes, fileBytes, kinds }: CacheStat): string {
  return [
    file,
    `${items} items, ${prettyBytes(bytes)} of ${prettyBytes(limitBytes)}`,
    `${prettyBytes(fileBytes)} on disk`,
    ...(kinds.length > 0
      ? [table(kinds.map(({ kind, label, ...of }) => [kind, label, `${of.items}`, prettyBytes(of.bytes)]))]
      : []),
  ].join('\n');
}

interface JsonSchema {
  readonly properties?: Record<
    string,
    { title?: string; term?: string; description?: string; default?: unknown; enum?: readonly unknown[] }
  >;
}

/** "How strongly each frame is pulled (Strength of the pull; papers: weight of the latent update)", and what there is to choose. */
function bothWords({
  title,
  term,
  description = '',
  enum: choices,
}: NonNullable<JsonSchema['properties']>[string]) {
  const said = [title ?? '', term ? `papers: ${term}` : ''].filter(Boolean);
  const also = said.length > 0 ? ` [${said.join('; ')}]` : '';
  return `${description}${choices ? ` (${choices.join(', ')})` : ''}${also}`;
}

export function methodTable(methods: readonly MethodInfo[]): string {
  return methods
    .map((method) => {
      const properties = (method.params as JsonSchema).properties ?? {};
      const rows = Object.entries(properties).map(([name, schema]) => [
        `    -p ${name}=${JSON.stringify(schema.default ?? '')}`,
        bothWords(schema),
      ]);
      return [
        `${method.id}  ${method.label}${method.term ? ` (${method.term})` : ''}`,
        `    ${method.summary}`,
        ...(method.plugin ? [`    from ${method.plugin.name} ${method.plugin.version}`] : []),
        ...(rows.length ? [table(rows)] : []),
        `    --solver ${method.solvers.map(({ id }) => id).join(', ')}`,
      ].join('\n');
    })
    .join('\n\n');
}
