/** How the picture moves from a frame to its neighbour, over the content of the canvas: its padding does not move. */
import { assert } from '../../../common/errors.ts';
import type { Fit } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import { estimateFlow } from '../flow/estimate.ts';
import { cutContent } from '../media/fit.ts';
import type { FlowEstimator } from '../models/types.ts';
import type { Derived } from './derived.ts';
import { type FrameOf, namesOf, type PicturesShot, type ShotOf } from './shot.ts';

/** Raise when the same two pictures give another motion. */
const VERSION = 1;

/** A bundle's own estimator. */
export interface FlowNetwork {
  readonly digest: string;
  /** The execution provider in use. */
  readonly provider: string;
  /** Absent where no network is open: then there is what was kept. */
  readonly estimator?: () => FlowEstimator;
}

/** Null where the bundle has none: then Retake estimates motion by itself. */
export function flowNetworkOf({ model, provider, networks }: ShotOf): FlowNetwork | null {
  const { flowEstimator: digest } = model.digests;
  return digest === undefined ? null : { digest, provider, estimator: () => networks().bundle.flow! };
}

/** @param from, to digests of the two pictures on the canvas */
export function flowKey(fit: Fit, from: string, to: string, network: FlowNetwork | null = null): string {
  const { width, height, left, top, contentWidth, contentHeight } = fit;
  const canvas = [width, height, left, top, contentWidth, contentHeight];
  const by = network ? { estimator: network.digest, provider: network.provider } : { estimator: 'dis' };
  return keyOf('flow', VERSION, { from, to, canvas, ...by });
}

/** @returns (2, contentHeight, contentWidth), to the right and down, in pixels of the canvas */
export function flowOf(
  shot: PicturesShot,
  network: FlowNetwork | null,
  from: FrameOf,
  to: FrameOf,
): Derived<Tensor> {
  const { fit } = shot;
  const { width, height, contentWidth, contentHeight } = fit;
  return {
    kind: kinds.flow,
    frame: from.index,
    key: flowKey(fit, from.pixels, to.pixels, network),
    names: {
      ...namesOf(shot, `from frame ${from.index} to ${to.index}`, { settings: `${width}×${height}` }),
      bundle: network ? shot.model.name : '',
    },
    calls: { flow: 1 },
    needs: [],
    async make({ onCall, signal }) {
      // The earlier one first, whichever way it goes: pictures are read forwards.
      const [first, second] = from.index < to.index ? [from, to] : [to, from];
      const earlier = cutContent(await first.rgb(), fit);
      const later = cutContent(await second.rgb(), fit);
      const [a, b] = from === first ? [earlier, later] : [later, earlier];
      assert(!network || network.estimator, 'motion by a network that is not open was kept');
      const { data } = network?.estimator
        ? await network.estimator().estimate(a, b, contentWidth, contentHeight)
        : await estimateFlow(a, b, { width: contentWidth, height: contentHeight }, signal);
      if (!isFiniteLatent(data)) {
        const hint = 'Leave the motion out, or choose another model.';
        throw brokenDown(`the motion from frame ${from.index} to ${to.index}`, 'estimating motion', hint);
      }
      onCall('flow');
      return { value: { shape: [2, contentHeight, contentWidth], data } };
    },
  };
}
