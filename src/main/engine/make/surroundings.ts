/**
 * What an inpainting network is told of a frame, after its latent: the mask, then the latent of the picture without what lies in
 * it, as diffusers' StableDiffusionInpaintPipeline puts them (prepare_mask_latents).
 */
import type { Fit } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import type { Derived } from './derived.ts';
import { toLatentGrid } from './latent-grid.ts';
import { encoderOf, type FrameOf, namesOf, type ShotOf } from './shot.ts';

/** Raise when the same picture and mask give other numbers. */
const VERSION = 1;

/** Share of a place from which on it is made anew: networks were trained on masks of 0 and 1. */
const ANEW = 0.5;
/** Zero in -1..1, between two bytes. */
const MID_GREY = 127.5;

/**
 * (1 + channels, h, w): 1 where a latent element is made anew, which is where the mask covers half of it on average (diffusers takes the
 * pixel in its corner), and the scaled latent of the picture whose masked pixels are mid-grey.
 * @param mask (h, w) of the content, 0..1
 */
export function surroundingsOf(
  shot: ShotOf,
  { index, pixels, rgb }: FrameOf,
  mask: Derived<Tensor>,
): Derived<Tensor> {
  const { fit, model } = shot;
  const { width, height, left, top, contentWidth, contentHeight } = fit;
  const canvas = [width, height, left, top, contentWidth, contentHeight];
  return {
    ...toldOf(shot, index, mask.key === null ? null : { pixels, mask: mask.key, canvas }),
    needs: [mask],
    async make({ have, onCall }) {
      const { shape, data } = await have(mask);
      const [rows = 0, columns = 0] = shape;
      const covered = toLatentGrid({ data, width: columns, height: rows }, fit, model.factor);
      const picture = greyWhere(data, await rgb(), fit);
      const value = await told(shot, index, covered, picture);
      onCall('encode');
      return { value };
    },
  };
}

/** Of a frame that is made anew as a whole: the same for all of a size. */
export function noSurroundings(shot: ShotOf, index: number): Derived<Tensor> {
  const { width, height } = shot.fit;
  return {
    ...toldOf(shot, index, { whole: true, canvas: [width, height] }),
    needs: [],
    async make({ onCall }) {
      const covered = new Float32Array(shot.shape.height * shot.shape.width).fill(1);
      const picture = new Float32Array(3 * width * height).fill(MID_GREY);
      const value = await told(shot, index, covered, picture);
      onCall('encode');
      return { value };
    },
  };
}

function toldOf(
  shot: ShotOf,
  frame: number,
  of: Readonly<Record<string, unknown>> | null,
): Omit<Derived<Tensor>, 'needs' | 'make'> {
  const { fit } = shot;
  return {
    kind: kinds.surroundings,
    frame,
    key: of && keyOf('surroundings', VERSION, { ...of, ...encoderOf(shot) }),
    names: namesOf(shot, `frame ${frame}`, { settings: `${fit.width}×${fit.height}` }),
    calls: { encode: 1 },
  };
}

async function told(
  shot: ShotOf,
  frame: number,
  covered: Float32Array,
  picture: Float32Array,
): Promise<Tensor> {
  const { shape, fit } = shot;
  const { channels, height, width } = shape;
  const latent = await shot.networks().bundle.encode(picture, fit.width, fit.height);
  if (!isFiniteLatent(latent)) {
    const hint = 'Use a bundle whose VAE is in full precision.';
    throw brokenDown(`the surroundings of frame ${frame}`, 'encoding frames', hint);
  }
  const data = new Float32Array(covered.length + latent.length);
  data.set(covered.map((share) => (share >= ANEW ? 1 : 0)));
  data.set(latent, covered.length);
  return { shape: [1 + channels, height, width], data };
}

/** The picture of the canvas without what the mask covers; padding continues the mask's edge, as it does the picture's. */
function greyWhere(mask: Float32Array, rgb: Uint8Array, fit: Fit): Float32Array {
  const { width, height, left, top, contentWidth, contentHeight } = fit;
  const within = (at: number, size: number) => Math.min(size - 1, Math.max(0, at));
  const out = Float32Array.from(rgb);
  for (let y = 0; y < height; y++) {
    const row = within(y - top, contentHeight) * contentWidth;
    for (let x = 0; x < width; x++) {
      const share = mask[row + within(x - left, contentWidth)]!;
      if (share >= ANEW) out.fill(MID_GREY, 3 * (y * width + x), 3 * (y * width + x) + 3);
    }
  }
  return out;
}
