/** The pictures of a movie, one at a time, whatever its length: RGB of 16 bits or more, fitted into its size. */
import type { ClipInfo } from '../../../common/media.ts';
import { decodeAlpha, decodeDeep } from '../media/decode.ts';
import type { Movie, Piece } from './movie.ts';
import type { Infos } from './sources.ts';

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

/** A frame of a movie: RGB, h·w·3, and its transparency, h·w in 0..1, where that is asked for. */
export interface Picture {
  readonly rgb: Float32Array;
  readonly alpha?: Float32Array;
}

interface Wanted {
  /** Whether transparency is; gaps, what is beside a picture and files without any are opaque. */
  readonly veiled: boolean;
  readonly signal: AbortSignal | undefined;
}

/** @throws AppError clip-unreadable; Cancelled */
export async function* picturesOf(movie: Movie, infos: Infos, wanted: Wanted): AsyncGenerator<Picture> {
  const { width, height } = movie;
  const opaque = wanted.veiled ? new Float32Array(width * height).fill(1) : undefined;
  const black: Picture = { rgb: new Float32Array(width * height * 3), ...(opaque && { alpha: opaque }) };
  for (const { count, picture } of movie.pieces) {
    if (picture === null) for (let k = 0; k < count; k += 1) yield black;
    else yield* framesOf(infos.get(picture.path)!, picture.frames, { black, ...movie }, wanted.signal);
  }
}

/** A frame that stands twice is read once, one that is left out is passed over. */
async function* framesOf(
  info: ClipInfo,
  frames: NonNullable<Piece['picture']>['frames'],
  movie: Size & { readonly black: Picture },
  signal: AbortSignal | undefined,
): AsyncGenerator<Picture> {
  const { black } = movie;
  const [first, last] = [frames[0]!, frames.at(-1)!];
  const part = isPadded(info, movie) ? { width: movie.width, height: movie.height } : undefined;
  const place = part ? { ...part, left: 0, top: 0 } : fittedInto(info, movie);
  const how = {
    range: { start: first, end: last + 1 },
    ...{ width: place.width, height: place.height, part, signal },
  };
  const veils = black.alpha && info.alpha ? decodeAlpha(info, how) : null;
  let at = 0;
  try {
    for await (const { index, rgb } of decodeDeep(info, how)) {
      const veil = await veils?.next();
      if (frames[at] !== index) continue;
      const alpha =
        veil?.done === false ? laidOver(black.alpha!, veil.value.alpha, place, movie) : black.alpha;
      const whole = { rgb: laidOver(black.rgb, rgb, place, movie), ...(alpha && { alpha }) };
      while (frames[at] === index) {
        yield whole;
        at += 1;
      }
    }
  } finally {
    await veils?.return(undefined);
  }
}

/** A smaller picture in the place that it has on a ground. */
function laidOver(
  ground: Float32Array,
  picture: Float32Array,
  { width, height, left, top }: Size & { left: number; top: number },
  size: Size,
): Float32Array {
  if (width === size.width && height === size.height) return picture;
  const out = ground.slice();
  const values = ground.length / (size.width * size.height);
  for (let y = 0; y < height; y += 1) {
    const row = picture.subarray(values * y * width, values * (y + 1) * width);
    out.set(row, values * ((y + top) * size.width + left));
  }
  return out;
}
