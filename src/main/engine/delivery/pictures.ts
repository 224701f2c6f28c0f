/** The pictures of a movie, one at a time, whatever its length: RGB of 16 bits or more, fitted into its size. */
import type { ClipInfo } from '../../../common/media.ts';
import { decodeDeep } from '../media/decode.ts';
import type { Movie, Piece } from './movie.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where a picture of another size lies: as large as it fits, in the middle. */
export function fittedInto(picture: Size, { width, height }: Size): Size & { left: number; top: number } {
  const scale = Math.min(width / picture.width, height / picture.height);
  const side = (of: number, most: number) => Math.max(1, Math.min(most, Math.round(of * scale)));
  const size = { width: side(picture.width, width), height: side(picture.height, height) };
  return { ...size, left: (width - size.width) >> 1, top: (height - size.height) >> 1 };
}

/** H.264 takes have a line more where their clip's sides are odd. */
function isPadded(take: Size, { width, height }: Size): boolean {
  const [across, down] = [take.width - width, take.height - height];
  const one = (more: number, of: number) => more === 0 || (more === 1 && of % 2 === 1);
  return across + down > 0 && one(across, width) && one(down, height);
}

/** @throws AppError clip-unreadable; Cancelled */
export async function* picturesOf(
  movie: Movie,
  infos: ReadonlyMap<string, ClipInfo>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Float32Array> {
  const black = new Float32Array(movie.width * movie.height * 3);
  for (const { count, picture } of movie.pieces) {
    if (picture === null) for (let k = 0; k < count; k += 1) yield black;
    else yield* framesOf(infos.get(picture.path)!, picture.frames, movie, signal);
  }
}

/** A frame that stands twice is read once, one that is left out is passed over. */
async function* framesOf(
  info: ClipInfo,
  frames: NonNullable<Piece['picture']>['frames'],
  size: Size,
  signal: AbortSignal | undefined,
): AsyncGenerator<Float32Array> {
  const [first, last] = [frames[0]!, frames.at(-1)!];
  const part = isPadded(info, size) ? { width: size.width, height: size.height } : undefined;
  const place = part ? { ...part, left: 0, top: 0 } : fittedInto(info, size);
  const decoded = decodeDeep(info, {
    range: { start: first, end: last + 1 },
    ...{ width: place.width, height: place.height, part, signal },
  });
  let at = 0;
  for await (const { index, rgb } of decoded) {
    if (frames[at] !== index) continue;
    const whole = padded(rgb, place, size);
    while (frames[at] === index) {
      yield whole;
      at += 1;
    }
  }
}

function padded(
  rgb: Float32Array,
  { width, height, left, top }: Size & { left: number; top: number },
  size: Size,
): Float32Array {
  if (width === size.width && height === size.height) return rgb;
  const out = new Float32Array(size.width * size.height * 3);
  for (let y = 0; y < height; y += 1)
    out.set(rgb.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((y + top) * size.width + left));
  return out;
}
