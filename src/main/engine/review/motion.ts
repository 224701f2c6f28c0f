/** The clip's motion between neighbouring frames: as a render has kept it, else estimated as a render would. */
import type { Fit } from '../../../common/media.ts';
import { digestOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { consistency } from '../flow/consistency.ts';
import { estimateFlow } from '../flow/estimate.ts';
import type { Flow } from '../flow/flow.ts';
import { flowKey } from '../make/flow.ts';
import { padEdges } from '../media/fit.ts';
import type { SourceMotion } from '../metrics/warp-error.ts';

/** As the scores name it. */
export const FLOW = 'dense inverse search';

export interface MotionsOf {
  readonly fit: Fit;
  /** Only read: a flow is large, and shots are long. */
  readonly store: ArtefactStore | null;
  readonly signal?: AbortSignal | undefined;
}

/** @param from, to RGB8 of contentHeight·contentWidth·3. @throws Cancelled */
export async function motionBetween(from: Uint8Array, to: Uint8Array, of: MotionsOf): Promise<SourceMotion> {
  const [forward, backward] = await Promise.all([flowBetween(from, to, of), flowBetween(to, from, of)]);
  return { flow: forward.data, hidden: consistency(forward, backward).hidden };
}

async function flowBetween(
  from: Uint8Array,
  to: Uint8Array,
  { fit, store, signal }: MotionsOf,
): Promise<Flow> {
  const [width, height] = [fit.contentWidth, fit.contentHeight];
  const pixels = (picture: Uint8Array) => digestOf(padEdges(picture, fit));
  const kept = store?.get(kinds.flow, flowKey(fit, pixels(from), pixels(to)))?.value;
  return kept ? { width, height, data: kept.data } : estimateFlow(from, to, { width, height }, signal);
}
