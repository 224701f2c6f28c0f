/** What a plan knows of depth that was estimated in this process: digests, so that it finds cached inversions without a network. */
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import { digestOf } from '../artefacts/keys.ts';

export interface EstimateOf {
  /** Digest of the estimator. */
  readonly estimator: string;
  readonly provider: string;
  readonly clip: ClipInfo;
  readonly fit: Fit;
  readonly range: FrameRange;
}

const MOST_SHOTS = 200;
const known = new Map<string, readonly string[]>();

/** @param map of each frame of the shot */
export function rememberEstimate(of: EstimateOf, map: (frame: number) => Float32Array): void {
  if (known.size >= MOST_SHOTS) known.clear();
  const frames = of.range.end - of.range.start;
  known.set(
    keyOf(of),
    Array.from({ length: frames }, (_, i) => digestOf(map(i))),
  );
}

/** digestOf each frame's map, in order; null before the first render of the shot. */
export function rememberedEstimate(of: EstimateOf): readonly string[] | null {
  return known.get(keyOf(of)) ?? null;
}

function keyOf({ estimator, provider, clip, fit, range }: EstimateOf): string {
  return JSON.stringify([estimator, provider, clip, fit, range]);
}
