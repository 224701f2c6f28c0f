/** `retake import`: timelines of other programs. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Rational } from '../../common/media.ts';
import { parseRate, rational } from '../../common/time/rational.ts';
import type { Engine } from './engine.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

export function addImportCommand(retake: Command, { withEngine, print }: Terminal): void {
  retake
    .command('import')
    .argument(
      '<timeline>',
      'of Final Cut Pro, Premiere, Resolve, Kdenlive, Shotcut, OpenTimelineIO, an EDL, or what a plugin reads',
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

export function frameRate(text: string): Rational {
  const rate = parseRate(text);
  if (rate) return rate;
  throw new InvalidArgumentError('Frames per second: 24, 23.976, 30000/1001.');
}
