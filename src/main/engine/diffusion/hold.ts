/**
 * Holds frames to a way of their own where nothing shall be edited: after every step the latent there is put back on it
 * (blended latent diffusion, Avrahami et al. 2022, Alg. 1), so that it ends where the way ends, to the bit. Solvers step each
 * element by itself: what a multistep one remembers of a held place never leaves it.
 */
import { type Run, shotFrame } from './run.ts';
import type { Latent, Level } from './types.ts';

export interface Hold {
  /** (h, w), 0..1: 1 takes the edit, 0 the own way, between them a mixture; null takes the edit everywhere. */
  share(frame: number): Float32Array | null;
  /** The frame's own latent, at a level of the run or at its end. */
  own(run: Run, frame: number, level: Level): Latent;
}

/** The same run, held. Frames that only stand beside the shot's go as they went. */
export function held(run: Run, { share, own }: Hold): Run {
  const put = (frame: number, latent: Latent, level: Level) => {
    const edit = shotFrame(run, frame) === frame ? share(frame) : null;
    return edit ? mixed(latent, own(run, frame, level), edit) : latent;
  };
  return {
    ...run,
    start: (frame, earlier) => put(frame, run.start(frame, earlier), run.schedule.levels[0]!),
    async settle(seen, next, earlier) {
      const settled = (await run.settle?.(seen, next, earlier)) ?? next;
      return put(seen.frame, settled, seen.to);
    },
  };
}

/** Whole shares are taken over as they are, without rounding. */
function mixed(edit: Latent, own: Latent, share: Float32Array): Latent {
  return edit.map((value, i) => {
    const part = share[i % share.length]!;
    if (part === 1) return value;
    return part === 0 ? own[i]! : own[i]! + part * (value - own[i]!);
  });
}
