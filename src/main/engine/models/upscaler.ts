/** An upscaler in a folder of its own: a picture to the same, larger. */
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { type OpenAloneOptions, openAlone } from './open-alone.ts';
import { pictureNetworkIn } from './picture-network.ts';
import { fromPlanes, resized, toPlanes, unitFromPlanes, unitToPlanes } from './picture-planes.ts';
import { readModel } from './read-model.ts';
import { upscaler } from './roles/upscaler.ts';
import { whyAloneNotInTiles } from './tiles/tileable.ts';

interface Picture {
  /** RGB8 of height·width·3. */
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The same in any depth: h·w·3 in 0..1, and transparency, h·w. */
interface DeepPicture {
  readonly rgb: Float32Array;
  readonly alpha?: Float32Array;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Upscaler {
  /** sha256 hex of all that changes its numbers, but for the provider. */
  readonly digest: string;
  /** @throws AppError bundle-invalid, model-failed, not-finite; Cancelled */
  enlarge(picture: Picture): Promise<Picture>;
  /** As deep as the network gives it, not clipped; transparency grows between neighbours. @throws as enlarge */
  enlargeDeep(picture: DeepPicture, size: Size): Promise<DeepPicture>;
  /** How many times as wide and as high, found with a small picture. @throws as enlarge */
  times(): Promise<number>;
  /** The one size that it was exported for; null where it takes any. */
  readonly only: Size | null;
  close(): Promise<void>;
}

const CHOOSE = 'Choose a folder with model.onnx: a picture in, a larger one out.';

/** Side of a picture to try it with. */
const SMALL = 64;

/** Larger pictures go through in bands where the network can: whole ones take gigabytes in its last layers. */
const WHOLE = 512 * 512;

/**
 * Its session is opened at the first call.
 * @param dir model.onnx, and preprocessor_config.json where it wants other values than 0..1
 * @param whole pixels of the largest picture that goes through at once; the others are the same but for rounding
 * @throws AppError bundle-invalid, weights-missing naming the file; Cancelled
 */
export async function openUpscaler(
  dir: string,
  options: OpenAloneOptions,
  whole: number = WHOLE,
): Promise<Upscaler> {
  const { source, range } = await pictureNetworkIn(dir, CHOOSE);
  const read = readModel(upscaler, source, undefined);
  const { width, height } = read.io.fixed;
  const mayTile = whyAloneNotInTiles(read) === null;
  const { model, digest } = await openAlone(upscaler, source, basename(dir), { ...options, mayTile });
  const ask = async (planes: Float32Array, size: Size) => {
    const made = await model.functions(planes, size, mayTile && size.width * size.height > whole);
    if (made.width === size.width)
      throw new AppError('bundle-invalid', `${basename(dir)} makes pictures no larger`, {
        doing: 'enlarging a picture',
        hint: CHOOSE,
      });
    return made;
  };
  return {
    digest,
    only: width !== null && height !== null ? { width, height } : null,
    async enlarge({ rgb, width, height }) {
      const size = { width, height };
      const { planes, ...larger } = await ask(toPlanes(rgb, size, size, range), size);
      return { rgb: fromPlanes(planes, larger, larger, range), ...larger };
    },
    async enlargeDeep({ rgb, alpha }, size) {
      const { planes, ...larger } = await ask(unitToPlanes(rgb, size, range), size);
      const deep = unitFromPlanes(planes, larger, range);
      return { rgb: deep, ...(alpha && { alpha: resized(alpha, size, larger) }) };
    },
    async times() {
      const size = { width: width ?? SMALL, height: height ?? SMALL };
      const made = await ask(unitToPlanes(new Float32Array(3 * size.width * size.height), size, range), size);
      return made.width / size.width;
    },
    close: () => model.close(),
  };
}
