/** `retake score`, `sheet` and `compare`: what can be asked about a finished take. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ReviewWork, WrittenFile } from '../../common/contract/takes.ts';
import type { Engine } from './engine.ts';
import { createProgressView } from './progress.ts';
import { stopSignal } from './stop-signal.ts';
import { scoresText } from './text.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

const WORKS: Readonly<Record<ReviewWork, string>> = {
  score: 'measuring',
  sheet: 'contact sheet',
  compare: 'A/B movie',
};

const COLUMNS = 6;

interface TakeFlags {
  readonly clip?: string;
}

interface ScoreFlags extends TakeFlags {
  readonly imageText?: string;
  readonly features?: string;
  readonly reference?: readonly string[];
  readonly json?: boolean;
  readonly sheet?: string;
  readonly compare?: string;
}

interface SheetFlags extends TakeFlags {
  readonly columns: number;
  readonly difference?: boolean;
}

interface CompareFlags extends TakeFlags {
  readonly layout: 'side' | 'wipe';
}

const TAKE = 'the take: its file, or the folder of a PNG sequence';

export function addTakeCommands(retake: Command, { withEngine, print }: Terminal): void {
  /** With progress; Ctrl-C gives up in order, a second one leaves at once. */
  const follow = <Result>(
    flags: TakeFlags,
    take: string,
    task: (engine: Engine, about: About, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> =>
    withEngine(async (engine) => {
      const view = createProgressView(process.stderr);
      const signal = stopSignal();
      engine.onEvent((event) => {
        if (event.kind === 'review') view.share(WORKS[event.work], event.fraction);
        else if (event.kind === 'warning') view.note(`retake: ${event.message}`);
      });
      const about = { take: resolve(take), clip: flags.clip === undefined ? null : resolve(flags.clip) };
      try {
        // Whoever types a path wants it looked at, wherever it is.
        for (const path of [about.take, about.clip])
          if (path !== null) await engine.call('project.reach', { path });
        return await task(engine, about, signal);
      } finally {
        view.end();
      }
    });

  takeCommand(retake, 'score')
    .argument('<take>', TAKE)
    .description(
      'Say how good a take is: nearness to its clip, steadiness along its motion, inversion quality.',
    )
    .option('--image-text <dir>', 'also how it follows its prompts, by this CLIP model (ONNX)')
    .option('--features <dir>', 'also a Fréchet distance, by this network of video features (ONNX)')
    .option(
      '--reference <path...>',
      'clips or folders of clips for that distance; by default the clip itself',
    )
    .option('--sheet <file>', 'also write a contact sheet (PNG)')
    .option('--compare <file>', 'also write an A/B movie (MP4), clip beside take')
    .option('--json', 'print the numbers as JSON')
    .action(async (take: string, flags: ScoreFlags) => {
      const { scores, files } = await follow(flags, take, async (engine, about, signal) => {
        const request = {
          ...about,
          imageText: flags.imageText === undefined ? null : resolve(flags.imageText),
          features: flags.features === undefined ? null : resolve(flags.features),
          references: (flags.reference ?? []).map((path) => resolve(path)),
        };
        const scores = await engine.call('take.score', request, { signal });
        const files: WrittenFile[] = [];
        if (flags.sheet !== undefined)
          files.push(await engine.call('take.sheet', sheetRequest(about, flags.sheet), { signal }));
        if (flags.compare !== undefined)
          files.push(await engine.call('take.compare', compareRequest(about, flags.compare), { signal }));
        return { scores, files };
      });
      print(flags.json ? JSON.stringify(scores, null, 2) : scoresText(scores));
      for (const file of files) tell(file, flags.json ? (text) => process.stderr.write(`${text}\n`) : print);
    });

  takeCommand(retake, 'sheet')
    .argument('<take>', TAKE)
    .argument('<out>', 'the picture to write, ending in .png')
    .description('Write a contact sheet of a take: clip above, take below, frames spread over the shot.')
    .addOption(
      new Option('--columns <n>', 'frames shown').default(COLUMNS).argParser((text) => {
        const value = Number(text);
        if (Number.isInteger(value) && value >= 1 && value <= 40) return value;
        throw new InvalidArgumentError('It must be a whole number from 1 to 40.');
      }),
    )
    .option('--difference', 'a third row: how far take and clip are apart, four times as strong')
    .action(async (take: string, out: string, flags: SheetFlags) => {
      const file = await follow(flags, take, (engine, about, signal) =>
        engine.call('take.sheet', sheetRequest(about, out, flags), { signal }),
      );
      tell(file, print);
    });

  takeCommand(retake, 'compare')
    .argument('<take>', TAKE)
    .argument('<out>', 'the movie to write, ending in .mp4')
    .description('Write an A/B movie of a take: H.264 that plays everywhere, with the sound of the take.')
    .addOption(
      new Option('--layout <name>', 'clip and take side by side, or a line that wipes between them')
        .choices(['side', 'wipe'])
        .default('side'),
    )
    .action(async (take: string, out: string, flags: CompareFlags) => {
      const file = await follow(flags, take, (engine, about, signal) =>
        engine.call('take.compare', compareRequest(about, out, flags.layout), { signal }),
      );
      tell(file, print);
    });
}

interface About {
  readonly take: string;
  readonly clip: string | null;
}

function takeCommand(retake: Command, name: string): Command {
  return retake
    .command(name)
    .option('--clip <file>', 'where the clip of the take is now; by default where its report says');
}

function sheetRequest(
  about: About,
  out: string,
  { columns = COLUMNS, difference = false }: Partial<SheetFlags> = {},
) {
  return { ...about, out: resolve(out), columns, difference };
}

function compareRequest(about: About, out: string, layout: CompareFlags['layout'] = 'side') {
  return { ...about, out: resolve(out), layout };
}

function tell({ path, notes }: WrittenFile, print: (text: string) => void): void {
  print(path);
  for (const note of notes) print(`  ${note}`);
}
