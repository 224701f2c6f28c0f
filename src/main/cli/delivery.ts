/** `retake export`: takes, shots or the timeline of a project as files for other programs, with timelines that name them. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import prettyBytes from 'pretty-bytes';
import type { Calls } from '../../common/contract/contract.ts';
import type { Delivered, DeliveryForecast } from '../../common/contract/delivery.ts';
import { AppError } from '../../common/errors.ts';
import { FORMATS, TAKE_FORMATS, type TakeFormat } from '../../common/formats/registry.ts';
import { FCPXML_VERSIONS, type FcpxmlVersion, TIMELINE_FORMATS } from '../../common/interchange/formats.ts';
import type { Rational } from '../../common/media.ts';
import type { Engine } from './engine.ts';
import { createProgressView } from './progress.ts';
import { stopSignal } from './stop-signal.ts';
import { frameRate } from './timelines.ts';

type DeliveryRequest = Calls['delivery.run']['input'];
type Document = DeliveryRequest['document'];
interface Span {
  readonly from: number;
  readonly to: number;
}

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

interface ExportFlags {
  readonly out: string;
  readonly what?: 'takes' | 'shots' | 'timeline';
  readonly take?: readonly string[];
  readonly shot?: readonly string[];
  readonly range?: Span;
  readonly media?: 'link' | 'copy' | TakeFormat;
  readonly copy?: boolean;
  readonly names?: string;
  readonly handles: number;
  readonly handlesFromClip?: boolean;
  readonly rate?: Rational;
  readonly upscale?: string;
  readonly sound: boolean;
  readonly startTimecode?: string;
  readonly timeline?: boolean;
  readonly format: readonly string[];
  readonly formatParam: readonly FormatParam[];
  readonly takes: 'all' | 'shown';
  readonly fcpxml: FcpxmlVersion;
  readonly resolve?: boolean;
  readonly credentials: 'none' | 'model' | 'prompts';
  readonly plan?: boolean;
  readonly json?: boolean;
}

const EXIT_FAILED = 1;
const NAMES = '{project}_{shot}_{take}';
const DOING = 'reading the options';

export function addExportCommand(retake: Command, { withEngine, print }: Terminal): void {
  retake
    .command('export')
    .argument('<project>', 'a project of the desktop (.retake)')
    .description(
      'Hand takes, shots or the whole timeline to other programs: as files, and as timelines that name them.',
    )
    .requiredOption('--out <folder>', 'a folder that is not there yet')
    .addOption(
      new Option('--what <which>', 'files of what; the timeline by default').choices([
        'takes',
        'shots',
        'timeline',
      ]),
    )
    .option('--take <names...>', 'these takes: "Take 2", or "Shot 1/Take 2"; all by default')
    .option('--shot <names...>', 'these shots, as they are shown; all by default')
    .option('--range <frames>', 'frames of the timeline, "0-240"; all by default', rangeOf)
    .addOption(
      new Option(
        '--media <how>',
        `files stay where they are (link), are copied (copy), or made: ${TAKE_FORMATS.map((id) => `${id} (${FORMATS[id].label})`).join(', ')}`,
      ).choices(['link', 'copy', ...TAKE_FORMATS]),
    )
    .addOption(new Option('--copy', 'the same as --media copy').conflicts('media'))
    .option(
      '--names <pattern>',
      `what files are called: {project}, {shot}, {take}, {clip}, {n}, {date}, {timecode}; "${NAMES}" where files are made`,
    )
    .option('--handles <frames>', 'frames more before and behind each shot', handlesOf, 0)
    .option('--handles-from-clip', 'the clip, unedited, gives handles that a take does not hold')
    .option('--rate <fps>', 'frames a second of what is made; length and sound stay', frameRate)
    .option(
      '--upscale <dir>',
      'a network that makes every picture of what is made larger: the folder of an upscaler',
    )
    .option('--no-sound', 'leave the sound out of what is made')
    .option('--start-timecode <label>', "of the timeline's first frame; the project's by default")
    .option('--timeline', 'also write timelines for editing programs')
    .addOption(
      new Option(
        '--format <formats...>',
        `which timelines; by default all of Retake: ${TIMELINE_FORMATS.join(', ')}. Of a plugin by its full name: org.example.ale/ale`,
      ).default(TIMELINE_FORMATS, 'all'),
    )
    .option(
      '--format-param <format:name=value...>',
      'what a format of a plugin asks for: org.example.ale/ale:fps=25',
      formatParamOf,
      [],
    )
    .addOption(
      new Option('--takes <which>', 'in timelines, of shots with several')
        .choices(['all', 'shown'])
        .default('all'),
    )
    .addOption(
      new Option('--fcpxml <version>', "of Final Cut Pro's XML").choices(FCPXML_VERSIONS).default('1.10'),
    )
    .option('--resolve', "also a script that puts takes into Resolve's take selector")
    .addOption(
      new Option('--credentials <what>', 'what files say of how they were made')
        .choices(['none', 'model', 'prompts'])
        .default('none'),
    )
    .option('--plan', 'only say what would be written, and how large it would be')
    .option('--json', 'print what was written as JSON')
    .action(async (project: string, flags: ExportFlags) => {
      const said = await withEngine(async (engine) => {
        const done = await follow(engine, resolve(project), flags);
        // What was asked for is not all there.
        if ('made' in done && done.made.failed.length > 0) process.exitCode = EXIT_FAILED;
        return flags.json ? JSON.stringify(asJson(done), null, 2) : summary(done);
      });
      print(said);
    });
}

type Done = { readonly made: Delivered } | { readonly planned: DeliveryForecast };

async function follow(engine: Engine, path: string, flags: ExportFlags): Promise<Done> {
  const view = createProgressView(process.stderr);
  const signal = stopSignal();
  engine.onEvent((event) => {
    if (event.kind === 'delivery') view.file(event.progress);
    else if (event.kind === 'warning') view.note(`retake: ${event.message}`);
  });
  try {
    const opened = await engine.call('project.open', { path });
    if (opened.recovered !== null) view.note(`retake: ${opened.recovered}`);
    const request = requestOf(opened.id, opened.document, flags);
    // Whoever types a path wants it looked at, wherever it is.
    if (flags.upscale !== undefined) await engine.call('project.reach', { path: resolve(flags.upscale) });
    if (flags.plan) return { planned: await engine.call('delivery.foresee', request, { signal }) };
    return { made: await engine.call('delivery.run', request, { signal }) };
  } finally {
    view.end();
  }
}

function requestOf(project: string, document: Document, flags: ExportFlags): DeliveryRequest {
  const as = flags.copy ? 'copy' : (flags.media ?? 'link');
  if (!flags.timeline && as === 'link')
    throw usage('there is nothing to write', 'Say --timeline, or how media goes out: --media prores422hq.');
  const made = as !== 'link' && as !== 'copy';
  const idle = made ? undefined : onlyOfMade(flags);
  if (idle) throw usage(`${idle} is of files that are made`, 'Say in which format: --media prores422hq.');
  return {
    ...{ project, document, folder: resolve(flags.out), what: whatOf(document, flags) },
    media: made
      ? {
          ...{ as: 'made', format: as, sound: flags.sound, rate: flags.rate ?? null },
          ...{ handles: flags.handles, handlesFromClip: flags.handlesFromClip ?? false },
          ...(flags.upscale !== undefined && { upscaler: resolve(flags.upscale) }),
        }
      : { as },
    names: flags.names ?? (made ? NAMES : null),
    startTimecode: flags.startTimecode ?? null,
    timelines: flags.timeline
      ? {
          ...{ formats: [...flags.format], takes: flags.takes, fcpxml: flags.fcpxml },
          ...(flags.formatParam.length > 0 && { params: paramsOf(flags.formatParam) }),
        }
      : null,
    ...{ resolve: flags.resolve ?? false, credentials: flags.credentials },
  };
}

interface FormatParam {
  readonly format: string;
  readonly name: string;
  readonly value: string | number | boolean;
}

/** Numbers and yes or no are what they look like; what is meant as text and looks like them stands in quotes. */
function formatParamOf(text: string, before: readonly FormatParam[]): FormatParam[] {
  const found = /^([^:=\s]+):([A-Za-z][A-Za-z0-9]*)=(.*)$/s.exec(text);
  if (!found)
    throw new InvalidArgumentError('The format, the name and the value: org.example.ale/ale:fps=25');
  const [, format, name, said] = found;
  const quoted = /^"(.*)"$/s.exec(said!)?.[1];
  const isPlain = /^(true|false|-?\d+(\.\d+)?)$/.test(said!);
  const value = quoted ?? (isPlain ? (JSON.parse(said!) as number | boolean) : said!);
  return [...before, { format: format!, name: name!, value }];
}

function paramsOf(given: readonly FormatParam[]): Record<string, Record<string, FormatParam['value']>> {
  const formats = [...new Set(given.map(({ format }) => format))];
  return Object.fromEntries(
    formats.map((one) => [
      one,
      Object.fromEntries(
        given.filter(({ format }) => format === one).map(({ name, value }) => [name, value]),
      ),
    ]),
  );
}

/** The first option that says nothing of files as they are. */
function onlyOfMade({ handles, handlesFromClip, rate, sound, upscale }: ExportFlags): string | undefined {
  const given = {
    ...{ '--handles': handles > 0, '--handles-from-clip': handlesFromClip },
    ...{ '--rate': rate, '--no-sound': !sound, '--upscale': upscale },
  };
  return Object.entries(given).find(([, is]) => is)?.[0];
}

function whatOf(document: Document, { what, take, shot, range }: ExportFlags): DeliveryRequest['what'] {
  const kind = what ?? (take ? 'takes' : shot ? 'shots' : 'timeline');
  if (take && kind !== 'takes') throw usage('--take goes with --what takes', 'Leave one of them out.');
  if (shot && kind === 'timeline') throw usage('--shot does not go with a timeline', 'Give --range instead.');
  if (kind === 'timeline') return { kind, range: range ?? null };
  if (range) throw usage('--range is of a timeline', 'Name shots or takes instead.');
  const shots = document.timeline.flatMap((item) => (item.kind === 'shot' ? [item] : []));
  const chosen = shot
    ? shot.map((name) =>
        onlyOne(
          `shot ${name}`,
          shots.filter((one) => one.id === name || one.name === name),
        ),
      )
    : shots;
  if (kind === 'shots') return { kind, shots: chosen.map(({ id }) => id) };
  const all = chosen.flatMap(({ id, name }) =>
    Object.values(document.takes)
      .filter(({ shotId }) => shotId === id)
      .map((one) => ({ id: one.id, names: [one.id, one.name, `${name}/${one.name}`] })),
  );
  const takes = take
    ? take.map((name) =>
        onlyOne(
          `take ${name}`,
          all.filter(({ names }) => names.includes(name)),
        ),
      )
    : all;
  if (takes.length === 0) throw usage('there are no takes', 'Render some, or export shots.');
  return { kind, takes: takes.map(({ id }) => id) };
}

function onlyOne<T>(what: string, found: readonly T[]): T {
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw usage(`there is no ${what}`, 'Names are those of the window.');
  throw usage(`there are ${found.length} of ${what}`, 'Name the shot too: "Shot 1/Take 2"; or give the id.');
}

function usage(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: DOING, hint });
}

/** The end is not part of it, as in "retake edit". */
function rangeOf(text: string): Span {
  const found = /^(\d+)-(\d+)$/.exec(text);
  const [from, to] = [Number(found?.[1]), Number(found?.[2])];
  if (!found || to <= from) throw new InvalidArgumentError('Two frames, the first below the second: 0-240.');
  return { from, to };
}

function handlesOf(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 1000) return value;
  throw new InvalidArgumentError('A whole number of frames, to 1000.');
}

function asJson(done: Done): unknown {
  if ('planned' in done) return done.planned;
  const { folder, files, timelines, failed, notes } = done.made;
  return { folder, files: timelines, failed, copied: bytesOf(done.made), media: files, notes };
}

function summary(done: Done): string {
  if ('planned' in done) {
    const { files, bytes, free, notes, done: there } = done.planned;
    return [
      ...files.map(({ name, frames, bytes }) => `${name}: ${frames} frames, about ${prettyBytes(bytes)}`),
      ...notes,
      `about ${prettyBytes(bytes)}, ${prettyBytes(free)} are free`,
      ...(there > 0 ? [`${there} of ${files.length} files are there from a run that was cut off`] : []),
    ].join('\n');
  }
  const { folder, files, timelines, failed, notes } = done.made;
  const bytes = bytesOf(done.made);
  return [
    ...(timelines.length > 0
      ? []
      : files.map(({ path, frames }) => `${inside(path, folder)}: ${frames} frames`)),
    ...timelines.flatMap(({ programs, path, more, losses }) => [
      ...[path, ...more].map((one) => `${inside(one, folder)}: ${programs}`),
      ...losses.map((loss) => `  not kept: ${loss}`),
    ]),
    ...failed.map(({ format, line }) => `not written: ${format}: ${line}`),
    ...notes,
    bytes > 0 ? `${folder}, with ${prettyBytes(bytes)} of media` : folder,
  ].join('\n');
}

function bytesOf({ files }: Delivered): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function inside(path: string, folder: string): string {
  return path.slice(folder.length + 1);
}
