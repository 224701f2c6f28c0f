/** `retake export`: takes, shots or the timeline of a project as files for other programs, with timelines that name them. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import prettyBytes from 'pretty-bytes';
import type { Delivered, DeliveryForecast } from '../../common/contract/delivery.ts';
import { FORMATS, TAKE_FORMATS } from '../../common/formats/registry.ts';
import { FCPXML_VERSIONS, TIMELINE_FORMATS } from '../../common/interchange/formats.ts';
import type { Engine } from './engine.ts';
import { type ExportFlags, formatParamOf, handlesOf, NAMES, rangeOf, requestOf } from './export-options.ts';
import { createProgressView } from './progress.ts';
import { stopSignal } from './stop-signal.ts';
import { frameRate } from './timelines.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

const EXIT_FAILED = 1;

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
