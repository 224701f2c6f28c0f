/**
 * Outside the mask a take is its clip: there the clip's own pictures are laid over what was decoded, to the bit, and through the
 * feather mixed with it. Clip and masks are read frame by frame beside the take. The canvas is what is looked at; a take of
 * another size is merged at its own (media/merge.ts), or the clip would be scaled down and up again.
 */
import { assert } from '../../../common/errors.ts';
import type { Fit } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { Maker } from '../make/maker.ts';
import type { MaskOfFrame } from '../make/mask.ts';
import { decodeOwn } from '../media/decode.ts';
import type { Own } from '../media/merge.ts';
import type { Extension } from '../recipe/extension.ts';
import { heldBy } from '../recipe/hold.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { ResolvedShot } from '../recipe/request.ts';
import type { RenderContext } from './context.ts';

interface Composite extends AsyncDisposable {
  /** The next frame, in their order. */
  next(): Promise<KeptFrame>;
}

/** Each of these reads the clip as it goes, so it is asked once of every frame or of none. */
interface KeptFrame {
  /** Lays the clip over a picture of the canvas: RGB float32 0..1, changed in place. */
  lay(picture: Float32Array): Promise<void>;
  /** What the take's picture is merged with at its own size. */
  own(): Promise<Own>;
}

type Held = Pick<ResolvedShot, 'settings' | 'method' | 'params'>;

/**
 * Whether a take of the shot is merged with its clip at its own size: always where the clip's frames stand among others; else on
 * the canvas where that has the very same.
 */
export function mergesTake(shot: Held & Pick<ResolvedShot, 'clip' | 'fit' | 'extension'>): boolean {
  const { clip, fit, extension } = shot;
  if (extension) return true;
  const same = fit.contentWidth === clip.width && fit.contentHeight === clip.height;
  return isLaid(shot) && !same;
}

function isLaid({ settings, method, params }: Held): boolean {
  return heldBy(settings.guide, { method, params }).mask !== null;
}

/** Null where no frame is kept to its clip. */
export function openComposite(
  shot: ResolvedShot & { readonly recipe: Recipe },
  { cache, signal }: Pick<RenderContext, 'cache' | 'signal'>,
): Composite | null {
  if (shot.extension) return amongMade(shot, shot.extension, signal);
  if (!isLaid(shot)) return null;
  const { recipe, clip, range, fit } = shot;
  const maker = new Maker({ store: cache, signal });
  const masks = recipe.masks();
  const originals = recipe.originals();
  const owns = decodeOwn(clip, { range, signal });
  const frameOf = ({ mask, at }: MaskOfFrame): KeptFrame => ({
    async lay(picture) {
      const original = await originals.next();
      assert(!original.done, 'every frame has a picture');
      layOver(picture, original.value, (await maker.have(mask)).value, fit);
    },
    async own() {
      const rgb = await owns.next();
      assert(!rgb.done, 'every frame has a picture');
      return { rgb: rgb.value, mask: await at(clip, async (need) => (await maker.have(need)).value) };
    },
  });
  return {
    async next() {
      const frame = await masks.next();
      assert(!frame.done, 'every frame has a mask');
      return frameOf(frame.value);
    },
    async [Symbol.asyncDispose]() {
      await masks.return(undefined);
      await originals.return(undefined);
      await owns.return(undefined);
    },
  };
}

/** Frames of the clip as they are, and between them those that are made. */
function amongMade(
  { recipe, clip, range, fit }: ResolvedShot & { readonly recipe: Recipe },
  { fixed }: Extension,
  signal: AbortSignal,
): Composite {
  const originals = recipe.originals();
  const owns = decodeOwn(clip, { range, signal });
  const isFixed = new Set(fixed);
  const area = clip.width * clip.height;
  const nothing = new Uint16Array(3 * area);
  const [keep, make] = [new Float32Array(area), new Float32Array(area).fill(1)];
  const nowhere = new Float32Array(fit.contentWidth * fit.contentHeight);
  const ofClip: KeptFrame = {
    async lay(picture) {
      const original = await originals.next();
      assert(!original.done, 'every frame of the clip has a picture');
      layOver(picture, original.value, { data: nowhere }, fit);
    },
    async own() {
      const rgb = await owns.next();
      assert(!rgb.done, 'every frame of the clip has a picture');
      return { rgb: rgb.value, mask: keep };
    },
  };
  const made: KeptFrame = { lay: async () => {}, own: async () => ({ rgb: nothing, mask: make }) };
  let frame = 0;
  return {
    next: async () => (isFixed.has(frame++) ? ofClip : made),
    async [Symbol.asyncDispose]() {
      await originals.return(undefined);
      await owns.return(undefined);
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
