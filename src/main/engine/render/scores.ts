/** How a take follows its prompts, by the image-text model the artist named: each frame is seen once, on its way to the file. */
import type { Fit } from '../../../common/media.ts';
import type { ImageTextScores } from '../../../common/report.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { openImageText } from '../metrics/image-text.ts';
import { promptTally } from '../metrics/similarity.ts';
import type { RenderContext } from './context.ts';

export interface TakeScores extends AsyncDisposable {
  /** @param picture RGB float32 0..1 of the canvas; only its embedding is kept */
  see(picture: Float32Array, fit: Fit): Promise<void>;
  /** Of all frames seen, in their order. */
  scores(): ImageTextScores;
}

/** Null where no model is named. @throws AppError when the folder holds none; Cancelled */
export async function openTakeScores(
  { prompts, output: { imageText } }: Pick<EditSettings, 'prompts' | 'output'>,
  { signal, warn }: Pick<RenderContext, 'signal' | 'warn'>,
): Promise<TakeScores | null> {
  if (imageText === null) return null;
  const model = await openImageText(imageText, signal);
  try {
    const tally = await promptTally(model, prompts, warn);
    return {
      async see(picture, fit) {
        const content = contentOf(picture, fit);
        const [seen] = await model.embedImages([content], fit.contentWidth, fit.contentHeight);
        tally.see(seen!);
      },
      scores: () => tally.scores(),
      [Symbol.asyncDispose]: () => model.close(),
    };
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** The canvas without its padding, in 8 bit: RGB8 of contentHeight·contentWidth·3. */
export function contentOf(picture: Float32Array, fit: Fit): Uint8Array {
  const { width, left, top, contentWidth, contentHeight } = fit;
  const out = new Uint8Array(contentWidth * contentHeight * 3);
  const line = contentWidth * 3;
  for (let y = 0; y < contentHeight; y++) {
    const from = ((y + top) * width + left) * 3;
    for (let i = 0; i < line; i++) out[y * line + i] = Math.round(255 * picture[from + i]!);
  }
  return out;
}
