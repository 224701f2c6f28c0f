/** `retake export` and `retake import`: timelines for other programs, and theirs. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import prettyBytes from 'pretty-bytes';
import type { ExportedTimeline } from '../../common/contract/timelines.ts';
import { FCPXML_VERSIONS, type FcpxmlVersion } from '../../common/interchange/fcpxml/write.ts';
import { TIMELINE_FORMATS, TIMELINES, type TimelineFormatId } from '../../common/interchange/registry.ts';
import type { Rational } from '../../common/media.ts';
import { parseRate, rational } from '../../common/time/rational.ts';
import type { Engine } from './engine.ts';
import { createProgressView } from './progress.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

interface ExportFlags {
  readonly timeline: true;
  readonly out: string;
  readonly format: readonly TimelineFormatId[];
  readonly takes: 'all' | 'shown';
  readonly copy?: boolean;
  readonly fcpxml: FcpxmlVersion;
  readonly range?: { readonly from: number; readonly to: number };
  readonly json?: boolean;
}

const EXIT_CANCELLED = 130;

export function addTimelineCommands(retake: Command, { withEngine, print }: Terminal): void {
  retake
    .command('export')
    .argument('<project>', 'a project of the desktop (.retake)')
    .description("Write a project's timeline for other programs, with all takes, into a new folder.")
    .requiredOption('--timeline', 'the timeline')
    .requiredOption('--out <folder>', 'a folder that is not there yet')
    .addOption(
      new Option('--format <formats...>', 'which files; all by default')
        .choices(TIMELINE_FORMATS)
        .default(TIMELINE_FORMATS, 'all'),
    )
    .addOption(
      new Option('--takes <which>', 'of shots with several').choices(['all', 'shown']).default('all'),
    )
    .option('--copy', 'copy clips and takes beside the timelines; else they stay where they are')
    .addOption(
      new Option('--fcpxml <version>', "of Final Cut Pro's XML").choices(FCPXML_VERSIONS).default('1.10'),
    )
    .option('--range <frames>', 'frames of the timeline, "0-240"; all by default', rangeOf)
    .option('--json', 'print what was written as JSON')
    .action(async (project: string, flags: ExportFlags) => {
      const made = await withEngine((engine) => exportWith(engine, resolve(project), flags));
      print(flags.json ? JSON.stringify(made, null, 2) : summary(made));
    });

  retake
    .command('import')
    .argument(
      '<timeline>',
      'of Final Cut Pro, Premiere, Resolve, Kdenlive, Shotcut, OpenTimelineIO, or an EDL',
    )
    .requiredOption('--out <project>', 'a project that is not there yet (.retake)')
    .option('--footage <folder>', 'searched for clips that are not where the timeline says')
    .option('--rate <fps>', 'at which an EDL counts', frameRate, rational(25))
    .description('Make a project of a cut of another program: its clips, trims and gaps.')
    .action(async (timeline: string, flags: { out: string; footage?: string; rate: Rational }) => {
      const request = {
        ...{ path: resolve(timeline), project: resolve(flags.out), rate: flags.rate },
        footage: flags.footage === undefined ? null : resolve(flags.footage),
      };
      const { opened, shots, losses } = await withEngine((engine) => engine.call('timeline.import', request));
      print([`${opened.path}: ${shots} shots`, ...losses.map((loss) => `  not kept: ${loss}`)].join('\n'));
    });
}

function frameRate(text: string): Rational {
  const rate = parseRate(text);
  if (rate) return rate;
  throw new InvalidArgumentError('Frames per second: 24, 23.976, 30000/1001.');
}

async function exportWith(engine: Engine, path: string, flags: ExportFlags): Promise<ExportedTimeline> {
  const view = createProgressView(process.stderr);
  const abort = new AbortController();
  const stop = () => {
    if (abort.signal.aborted) process.exit(EXIT_CANCELLED);
    abort.abort();
  };
  engine.onEvent((event) => {
    if (event.kind === 'import-progress' && event.what === 'export') view.share('copying', event.fraction);
    else if (event.kind === 'warning') view.note(`retake: ${event.message}`);
  });
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  try {
    const opened = await engine.call('project.open', { path });
    if (opened.recovered !== null) view.note(`retake: ${opened.recovered}`);
    return await engine.call(
      'timeline.export',
      {
        ...{ project: opened.id, document: opened.document, folder: resolve(flags.out) },
        ...{ formats: [...flags.format], takes: flags.takes, media: flags.copy ? 'copy' : 'link' },
        ...{ fcpxml: flags.fcpxml, range: flags.range ?? null },
      },
      { signal: abort.signal },
    );
  } finally {
    view.end();
  }
}

/** The end is not part of it, as in "retake edit". */
function rangeOf(text: string): { from: number; to: number } {
  const found = /^(\d+)-(\d+)$/.exec(text);
  const [from, to] = [Number(found?.[1]), Number(found?.[2])];
  if (!found || to <= from) throw new InvalidArgumentError('Two frames, the first below the second: 0-240.');
  return { from, to };
}

function summary({ folder, files, copied }: ExportedTimeline): string {
  const lines = files.flatMap(({ format, path, losses }) => [
    `${path.slice(folder.length + 1)}: ${TIMELINES[format].programs}`,
    ...losses.map((loss) => `  not kept: ${loss}`),
  ]);
  return [...lines, copied > 0 ? `${folder}, with ${prettyBytes(copied)} of media` : folder].join('\n');
}
