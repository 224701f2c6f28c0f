/** How the picture moves from a frame to its neighbour, over the content of the canvas: its padding does not move. */
import type { Fit } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import { estimateFlow } from '../flow/estimate.ts';
import { cutContent } from '../media/fit.ts';
import type { Derived } from './derived.ts';
import { type FrameOf, namesOf, type PicturesShot } from './shot.ts';

/** Raise when the same two pictures give another motion. */
const VERSION = 1;

/** @param from, to digests of the two pictures on the canvas */
export function flowKey(fit: Fit, from: string, to: string): string {
  const { width, height, left, top, contentWidth, contentHeight } = fit;
  const canvas = [width, height, left, top, contentWidth, contentHeight];
  return keyOf('flow', VERSION, { from, to, canvas, estimator: 'dis' });
}

/** @returns (2, contentHeight, contentWidth), to the right and down, in pixels of the canvas */
export function flowOf(shot: PicturesShot, from: FrameOf, to: FrameOf): Derived<Tensor> {
  const { fit } = shot;
  const { width, height, contentWidth, contentHeight } = fit;
  return {
    kind: kinds.flow,
    frame: from.index,
    key: flowKey(fit, from.pixels, to.pixels),
    names: {
      ...namesOf(shot, `from frame ${from.index} to ${to.index}`, { settings: `${width}×${height}` }),
      bundle: '',
    },
    calls: { flow: 1 },
    needs: [],
    async make({ onCall, signal }) {
      // The earlier one first, whichever way it goes: pictures are read forwards.
      const [first, second] = from.index < to.index ? [from, to] : [to, from];
      const earlier = cutContent(await first.rgb(), fit);
      const later = cutContent(await second.rgb(), fit);
      const [a, b] = from === first ? [earlier, later] : [later, earlier];
      const { data } = await estimateFlow(a, b, { width: contentWidth, height: contentHeight }, signal);
      if (!isFiniteLatent(data)) {
        const hint = 'Leave the motion out, or choose another model.';
        throw brokenDown(`the motion from frame ${from.index} to ${to.index}`, 'estimating motion', hint);
      }
      onCall('flow');
      return { value: { shape: [2, contentHeight, contentWidth], data } };
    },
  };
}
