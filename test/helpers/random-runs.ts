/** Runs as tangled as the driver allows: passes of every kind, hooks that use all that they are shown, runs upon runs. */
import type { Pass, Run, Seen } from '../../src/main/engine/diffusion/run.ts';
import type { Latent, NoiseSchedule } from '../../src/main/engine/diffusion/types.ts';

/** One of 0 … below-1. */
export type Pick = (below: number) => number;

/** Every frame in one pass, each pass naming frames of earlier ones only. */
export function randomPasses(pick: Pick, frames: readonly number[]): Pass[] {
  const waiting = [...frames];
  const before: number[] = [];
  const passes: Pass[] = [];
  const some = (most: number) =>
    before.length === 0 ? [] : Array.from({ length: pick(most + 1) }, () => before[pick(before.length)]!);
  while (waiting.length > 0) {
    const together = Array.from(
      { length: 1 + pick(Math.min(3, waiting.length)) },
      () => waiting.splice(pick(waiting.length), 1)[0]!,
    );
    const named = some(3);
    const keys = named.length > 0 ? named : pick(3) === 0 ? 'joint' : 'own';
    passes.push({
      frames: together,
      keys,
      ...(named.length > 0 && { self: pick(2) === 0 }),
      reads: some(2),
    });
    before.push(...together);
  }
  return passes;
}

export interface RandomRuns {
  readonly frames: number;
  readonly schedule: NoiseSchedule;
  readonly start: (frame: number) => Latent;
}

/** One to three runs; later ones begin from what earlier ones made, and recall some of their way. */
export function randomRuns(pick: Pick, { frames, schedule, start }: RandomRuns): Run[] {
  const all = Array.from({ length: frames }, (_, frame) => frame);
  const steps = schedule.levels.length;
  const runs: Run[] = [];
  for (let count = 1 + pick(3); runs.length < count; ) {
    const own = runs.length === 0 ? all : all.filter(() => pick(3) > 0);
    if (own.length === 0) continue;
    const later = runs.length > 0;
    const passes = Array.from({ length: steps }, () => randomPasses(pick, own));
    const waits = passes.map(() => pick(4) === 0);
    const recalls = later
      ? Array.from({ length: pick(4) }, () => ({ frame: pick(frames), level: pick(steps + 1) }))
      : [];
    runs.push({
      frames: own,
      schedule,
      recalls,
      start: (frame, { result }) => (later ? mixed(result(frame), start(frame), 0.5) : start(frame)),
      passes: (step) => passes[step]!,
      blend: (seen) => seen.reads.reduce((sum, { used }) => mixed(sum, used, 0.2), seen.denoised),
      gathers: (step) => waits[step]!,
      gather: (_, clean) => new Map([...clean].filter(([frame]) => frame % 2 === 0).map(halved)),
      settle: (seen, next, { history }) =>
        recalls.reduce((sum, { frame, level }) => mixed(sum, history(frame, level), 0.1), pulled(seen, next)),
    });
  }
  return runs;
}

const halved = ([frame, latent]: [number, Latent]): [number, Latent] => [
  frame,
  latent.map((value) => value / 2),
];

function pulled({ reads }: Seen, next: Latent): Latent {
  return reads.reduce((sum, read) => mixed(sum, read.next ?? read.denoised, 0.1), next);
}

function mixed(a: Latent, b: Latent, share: number): Latent {
  return a.map((value, i) => (1 - share) * value + share * b[i]!);
}
