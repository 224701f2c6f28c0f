/** Made pictures as larger ones, by a network that whoever asks for a delivery brings along. */
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { EnlargerFacts, Movie } from './movie.ts';
import type { Picture } from './pictures.ts';

export interface Enlarger {
  /** @throws AppError bundle-invalid, model-failed, not-finite; Cancelled */
  enlarge(picture: Picture, size: Size): Promise<Picture>;
  close(): Promise<void>;
}

/** How a delivery gets at upscalers by their folders. */
export interface Enlargers {
  /** @param sizes of the pictures that it will be given. @throws AppError usage, bundle-invalid, weights-missing; Cancelled */
  look(dir: string, signal: AbortSignal | undefined): Promise<EnlargerFacts & { readonly only: Size | null }>;
  open(dir: string, signal: AbortSignal | undefined): Promise<Enlarger>;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const DOING = 'exporting';

/** @throws AppError usage where the network takes pictures of another size only */
export async function enlargedBy(
  dir: string,
  { look }: Enlargers,
  signal: AbortSignal | undefined,
): Promise<(movie: Movie) => Movie> {
  const { only, ...facts } = await look(dir, signal);
  return (movie) => {
    const { width, height } = movie;
    if (only && (only.width !== width || only.height !== height))
      throw new AppError(
        'usage',
        `${basename(dir)} takes pictures of ${only.width}×${only.height} alone, and these are ${width}×${height}`,
        { doing: DOING, hint: 'Choose an upscaler that takes pictures of any size.' },
      );
    return { ...movie, enlarged: facts };
  };
}

/** Of the pictures that are written. */
export function madeSize({ width, height, enlarged }: Movie): Size {
  const times = enlarged?.times ?? 1;
  return { width: width * times, height: height * times };
}

/** A frame that stands twice is enlarged once. */
export async function* larger(
  pictures: AsyncIterable<Picture>,
  size: Size,
  { enlarge }: Enlarger,
): AsyncGenerator<Picture> {
  let last: { readonly of: Picture; readonly made: Picture } | null = null;
  for await (const of of pictures) {
    if (last?.of.rgb !== of.rgb || last.of.alpha !== of.alpha) last = { of, made: await enlarge(of, size) };
    yield last.made;
  }
}
