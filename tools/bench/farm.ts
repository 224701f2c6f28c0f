/** Shots on other machines: what packing, looking and collecting cost, and how that grows with the shots. */
import { join } from 'node:path';
import { projectAt } from '../../src/main/engine/project/file.ts';
import { makeWorld } from '../../test/helpers/cli.ts';
import { startDesk } from '../../test/helpers/desk.ts';
import { filmOfShots } from '../../test/helpers/farm-film.ts';
import { bringToFolder } from '../../test/helpers/farm-folder.ts';
import type { Measure, Row, Say } from './measure.ts';

const SIZES = [10, 100, 1000, 2000];
const STEPS = ['pack', 'status', 'collect', 'status, all home', 'collect again'] as const;
type Seconds = Record<(typeof STEPS)[number], number>;

async function costs(shots: number, say: Say): Promise<Seconds> {
  using world = await makeWorld();
  const path = await filmOfShots(world, { shots, frames: 1, steps: 4 });
  const { document } = projectAt(path);
  const desk = startDesk(world.home);
  const folder = join(world.dir, 'job');
  const seconds = {} as Seconds;
  const timed = async (step: (typeof STEPS)[number], work: () => Promise<unknown>) => {
    say(`${shots} shots: ${step}`);
    const start = performance.now();
    await work();
    seconds[step] = (performance.now() - start) / 1000;
  };
  try {
    await timed('pack', () =>
      desk.call['farm.pack']({
        ...{ project: path, bundle: world.bundle, provider: 'cpu', takesFolder: world.out, folder },
        shots: document.timeline.flatMap((shot) =>
          shot.kind === 'shot' ? [{ shot, clip: document.clips[shot.clipId]! }] : [],
        ),
        copyModels: false,
      }),
    );
    await timed('status', () => desk.call['farm.status']({ folder }));
    say(`${shots} shots: takes`);
    for (let number = 1; number <= shots; number++) await bringToFolder(folder, number);
    await timed('collect', () => desk.call['farm.collect']({ folder }));
    await timed('status, all home', () => desk.call['farm.status']({ folder }));
    await timed('collect again', () => desk.call['farm.collect']({ folder }));
  } finally {
    await desk.stop();
  }
  return seconds;
}

export const farm: Measure = {
  id: 'farm',
  title: 'shots on other machines: growth of packing, looking and collecting',
  seconds: 600,
  default: false,
  async run(say) {
    // What is loaded and compiled once is no growth.
    await costs(2, say);
    const all: Seconds[] = [];
    for (const shots of SIZES) all.push(await costs(shots, say));
    const rows = STEPS.map((step): Row => {
      const each = all.map((one, i) => (1000 * one[step]) / SIZES[i]!);
      const value = SIZES.map((shots, i) => `${shots}: ${each[i]!.toFixed(1)}`).join(', ');
      return [
        `${step}, ms a shot; ratio of ${SIZES.at(-1)} to ${SIZES[1]}`,
        `${value}; × ${(each.at(-1)! / each[1]!).toFixed(2)}`,
        '× 1.5',
      ];
    });
    return { rows, data: { sizes: SIZES, seconds: all } };
  },
};
