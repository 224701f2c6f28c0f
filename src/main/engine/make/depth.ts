/** A frame's depth at latent size: estimated by the bundle, or the brightness of a depth clip. Not yet scaled over the shot. */
import type { Fit } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import type { DepthEstimator } from '../models/types.ts';
import type { Derived } from './derived.ts';
import { toLatentGrid } from './latent-grid.ts';
import { type FrameOf, namesOf, type ShotOf } from './shot.ts';

/** Raise when the same picture gives another map. */
const VERSION = 1;

/** The estimator sees frames scaled straight from the clip to its own size, without the canvas's padding. */
export function estimatorFit(fit: Fit, size: { readonly width: number; readonly height: number }): Fit {
  return { ...fit, ...size, contentWidth: size.width, contentHeight: size.height, left: 0, top: 0 };
}

/** What estimates, and what of it the key holds. */
export interface DepthBy extends Pick<DepthEstimator, 'estimate'> {
  readonly digest: string;
}

/**
 * @param seen estimatorFit of the shot's; frame: the picture there
 * @param grid canvas of the map, and its pixels for one number of it along a side
 */
export function estimatedDepth(
  shot: ShotOf,
  by: DepthBy,
  seen: Fit,
  { index, pixels, rgb }: FrameOf,
  grid: { readonly fit: Fit; readonly factor: number } = { fit: shot.fit, factor: shot.model.factor },
): Derived<Tensor> {
  const { provider } = shot;
  const { fit, factor } = grid;
  const { width, height, left, top, contentWidth, contentHeight } = fit;
  const canvas = [width, height, left, top, contentWidth, contentHeight];
  const estimator = by.digest;
  const size = [seen.width, seen.height];
  return {
    kind: kinds.depth,
    frame: index,
    key: keyOf('depth', VERSION, { pixels, size, canvas, factor, estimator, provider }),
    names: namesOf(shot, `frame ${index}`, { settings: `estimated, ${width}×${height}` }),
    calls: { estimate: 1 },
    needs: [],
    async make({ onCall }) {
      const map = await by.estimate(await rgb(), seen);
      if (!isFiniteLatent(map.data)) {
        const hint = 'Use an estimator in full precision, or give a depth clip.';
        throw brokenDown(`the depth of frame ${index}`, 'estimating the depth', hint);
      }
      onCall('estimate');
      return { value: { shape: mapSize(fit, factor), data: toLatentGrid(map, fit, factor) } };
    },
  };
}

/** @param frame of the depth clip, on the shot's canvas */
export function givenDepth(shot: ShotOf, { index, pixels, rgb }: FrameOf): Derived<Tensor> {
  const { fit, model } = shot;
  const { width, height } = fit;
  const { factor } = model;
  return {
    kind: kinds.depth,
    frame: index,
    key: keyOf('depth', VERSION, { given: true, pixels, width, height, factor }),
    names: namesOf(shot, `frame ${index}`, { settings: `from a depth clip, ${width}×${height}` }),
    calls: {},
    needs: [],
    async make() {
      return {
        value: { shape: mapSize(fit, factor), data: averageBlocks(await rgb(), width, height, factor) },
      };
    },
  };
}

function mapSize({ width, height }: Fit, factor: number): number[] {
  return [height / factor, width / factor];
}

/** Mean brightness (0..255) of each factor² block of an RGB8 picture: (height/factor, width/factor). */
export function averageBlocks(rgb: Uint8Array, width: number, height: number, factor: number): Float32Array {
  const columns = width / factor;
  const out = new Float32Array(columns * (height / factor));
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / factor) * columns;
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const block = row + Math.floor(x / factor);
      out[block] = out[block]! + (rgb[at]! + rgb[at + 1]! + rgb[at + 2]!) / 3;
    }
  }
  return out.map((sum) => sum / (factor * factor));
}

/** In place, to [-1, 1] over all maps together, so that a shot does not flicker; a flat one becomes -1 throughout. */
export function normalise(maps: readonly Float32Array[]): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const map of maps) {
    for (const value of map) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const scale = high > low ? 2 / (high - low) : 0;
  for (const map of maps) for (let i = 0; i < map.length; i++) map[i] = (map[i]! - low) * scale - 1;
}
