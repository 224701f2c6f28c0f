/** Runs that are led by texts of each frame and step: guidance starts from them in the place of the unconditional text (Mokady et al. 2022). */
import { type Run, shotFrame } from './run.ts';
import { isSameLevel } from './schedule.ts';
import type { Conditioning, NoiseSchedule } from './types.ts';

/**
 * The same run with the text of each frame and step. Runs that begin from other noise than the clip's go as they went, and so do
 * levels that the clip was not inverted over.
 */
export function ledByText(
  run: Run,
  { levels }: NoiseSchedule,
  textOf: (frame: number, step: number) => Conditioning,
): Run {
  if (run.noise) return run;
  const places = run.schedule.levels.map((level) => levels.findIndex((one) => isSameLevel(one, level)));
  return {
    ...run,
    text(frame, step, asked) {
      const own = run.text?.(frame, step, asked) ?? asked;
      const place = places[step]!;
      if (place < 0 || own.length !== 2) return own;
      return [textOf(shotFrame(run, frame), place), own[1]!];
    },
  };
}
