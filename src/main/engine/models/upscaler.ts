/** An upscaler in a folder of its own: a picture to the same, larger. */
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { readModel } from './model.ts';
import { type OpenAloneOptions, openAlone } from './open-alone.ts';
import { pictureNetworkIn } from './picture-network.ts';
import { fromPlanes, toPlanes } from './picture-planes.ts';
import { upscaler } from './roles/upscaler.ts';
import { whyAloneNotInTiles } from './tiles/tileable.ts';

interface Picture {
  /** RGB8 of height·width·3. */
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Upscaler {
  /** sha256 hex of all that changes its numbers, but for the provider. */
  readonly digest: string;
  /** @throws AppError bundle-invalid, model-failed, not-finite; Cancelled */
  enlarge(picture: Picture): Promise<Picture>;
  close(): Promise<void>;
}

const CHOOSE = 'Choose a folder with model.onnx: a picture in, a larger one out.';

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
  const mayTile = whyAloneNotInTiles(readModel(upscaler, source, undefined)) === null;
  const { model, digest } = await openAlone(upscaler, source, basename(dir), { ...options, mayTile });
  return {
    digest,
    async enlarge({ rgb, width, height }) {
      const size = { width, height };
      const made = await model.functions(
        toPlanes(rgb, size, size, range),
        size,
        mayTile && width * height > whole,
      );
      if (made.width === width)
        throw new AppError('bundle-invalid', `${basename(dir)} makes pictures no larger`, {
          doing: 'enlarging a picture',
          hint: CHOOSE,
        });
      const larger = { width: made.width, height: made.height };
      return { rgb: fromPlanes(made.planes, larger, larger, range), ...larger };
    },
    close: () => model.close(),
  };
}
