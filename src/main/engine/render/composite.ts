/**
 * Outside the mask a take is its clip: there the clip's own pictures are laid over what was decoded, to the bit, and through the
 * feather mixed with it. Clip and masks are read frame by frame beside the take.
 */
import { assert } from '../../../common/errors.ts';
import type { Fit } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { Maker } from '../make/maker.ts';
import { heldBy } from '../recipe/hold.ts';
import type { RenderContext } from './context.ts';
import type { Shot } from './prepare.ts';

interface Composite extends AsyncDisposable {
  /** The next frame, in their order: RGB float32 0..1 of the canvas, changed in place. */
  lay(picture: Float32Array): Promise<void>;
}

/** Null where no frame is kept to its clip. */
export function openComposite(
  { recipe, settings, fit, method, params }: Shot,
  { cache, signal }: Pick<RenderContext, 'cache' | 'signal'>,
): Composite | null {
  if (heldBy(settings.guide, { method, params }).mask === null) return null;
  const maker = new Maker({ store: cache, signal });
  const masks = recipe.masks();
  const originals = recipe.originals();
  return {
    async lay(picture) {
      const mask = await masks.next();
      const original = await originals.next();
      assert(!mask.done && !original.done, 'every frame has a mask and a picture');
      layOver(picture, original.value, (await maker.have(mask.value.mask)).value, fit);
    },
    async [Symbol.asyncDispose]() {
      await masks.return(undefined);
      await originals.return(undefined);
    },
  };
}

/**
 * @param picture RGB float32 0..1 of the canvas, changed in place
 * @param original RGB8 of the canvas
 * @param mask (h, w) of the content, 0..1: 1 leaves the picture as it is
 */
export function layOver(
  picture: Float32Array,
  original: Uint8Array,
  { data: mask }: Pick<Tensor, 'data'>,
  { width, left, top, contentWidth, contentHeight }: Fit,
): void {
  assert(mask.length === contentWidth * contentHeight, 'a mask covers the content of the canvas');
  for (let y = 0; y < contentHeight; y++) {
    for (let x = 0; x < contentWidth; x++) {
      const share = mask[y * contentWidth + x]!;
      if (share === 1) continue;
      const at = 3 * ((y + top) * width + x + left);
      for (let c = at; c < at + 3; c++) {
        const own = original[c]! / 255;
        picture[c] = share === 0 ? own : own + share * (picture[c]! - own);
      }
    }
  }
}
