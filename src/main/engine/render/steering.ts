/** What pulls frames while they are sampled: an image-text model that is followed back to the latent, and the style pictures. */
import { throwIfCancelled } from '../../../common/errors.ts';
import type { Fit } from '../../../common/media.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { meanOf } from '../diffusion/mean.ts';
import type { Latent, LatentShape } from '../diffusion/types.ts';
import { Pictures } from '../make/pictures.ts';
import { fitCanvas, fitInto } from '../media/fit.ts';
import type { Have } from '../methods/have.ts';
import { statisticsOf } from '../methods/statistics.ts';
import { type ImageText, imageTextFollowed, openImageText } from '../metrics/image-text.ts';
import { dot, embedPrompt } from '../metrics/similarity.ts';
import type { Bundle } from '../models/types.ts';
import type { ResolvedShot } from '../recipe/request.ts';
import type { SteeringGuide } from '../recipe/steering.ts';
import type { RenderContext } from './context.ts';

/** What a style picture is on its own canvas. RGB8, h·w·3. */
interface StylePicture {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface Steering extends AsyncDisposable {
  /** sha256 hex of all that changes its numbers besides the settings: the model's, and those of the pictures. */
  readonly digests: readonly string[];
  readonly model: ImageText | null;
  readonly styles: readonly StylePicture[];
}

interface SteeringOf {
  readonly guide: SteeringGuide;
  readonly shot: Pick<ResolvedShot, 'fit' | 'model'>;
  readonly store: ArtefactStore | null;
  readonly signal: AbortSignal;
}

/**
 * What `openSteering` refuses of a network that cannot be followed back; nothing is opened.
 * @returns bytes that its model takes beside the decoder, 0 without one @throws AppError bundle-invalid, weights-missing
 */
export async function checkSteering({ imageText }: SteeringGuide): Promise<number> {
  return imageText === null ? 0 : imageTextFollowed(imageText);
}

/** @throws AppError bundle-invalid, weights-missing, model-failed naming the file; as decodeFrames does; Cancelled */
export async function openSteering({ guide, shot, store, signal }: SteeringOf): Promise<Steering> {
  const model =
    guide.imageText === null ? null : await openImageText(guide.imageText, signal, { gradients: true });
  try {
    const digests = model ? [await model.digest(signal, store?.digests)] : [];
    const styles: StylePicture[] = [];
    for (const clip of guide.styles) {
      const fit = styleFit(clip, shot);
      const pictures = new Pictures({ clip, fit, end: 1, store, signal });
      digests.push(await pictures.digest(0));
      styles.push({ rgb: await pictures.rgb(0), width: fit.width, height: fit.height });
      await pictures.rest();
    }
    return { digests, model, styles, [Symbol.asyncDispose]: async () => model?.close() };
  } catch (error) {
    await model?.close();
    throw error;
  }
}

/** As large as the shot, in the picture's own shape: it fills its canvas, for padding would be a part of the style. */
function styleFit(
  { width, height }: { readonly width: number; readonly height: number },
  { fit, model }: SteeringOf['shot'],
): Fit {
  const size = Math.round(Math.sqrt(fit.width * fit.height));
  const { frozen, grid } = model;
  const canvas =
    frozen.width !== null && frozen.height !== null
      ? fitInto(width, height, { width: frozen.width, height: frozen.height })
      : fitCanvas(width, height, { size, grid });
  return { ...canvas, contentWidth: canvas.width, contentHeight: canvas.height, left: 0, top: 0 };
}

interface SteeredShot extends Pick<ResolvedShot, 'fit' | 'shape' | 'settings'> {
  readonly steering: Steering;
  readonly bundle: Pick<Bundle, 'encode' | 'release' | 'recordPicture'>;
}

/**
 * Embeds prompt and style, once. What it gives opens the decoder and the image encoder at its first use.
 * @throws AppError, Cancelled
 */
export async function steeringIn(
  { steering, bundle, shape, fit, settings }: SteeredShot,
  { signal, warn }: Pick<RenderContext, 'signal' | 'warn'>,
): Promise<Partial<Pick<Have, 'likeness' | 'style'>>> {
  const { model, styles } = steering;
  const latents: Latent[] = [];
  for (const { rgb, width, height } of styles) latents.push(await bundle.encode(rgb, width, height));
  if (styles.length > 0) await bundle.release('vaeEncoder');
  const style = styles.length > 0 && statisticsOf(latents, shape.channels);
  if (!model) return style ? { style } : {};
  const prompt = await embedPrompt(model, settings.prompts, (cut) =>
    warn(`${model.name} steers by the prompt without its end: "${cut}"`),
  );
  const looks: Float32Array[] = [];
  for (const { rgb, width, height } of styles) looks.push(...(await model.embedImages([rgb], width, height)));
  const look = looks.length > 0 ? meanOf(looks) : null;
  const likeness = likenessOf({ bundle, model, shape, fit, signal, prompt, look });
  return { likeness, ...(style && { style }) };
}

interface LikenessOf {
  readonly bundle: Pick<Bundle, 'recordPicture'>;
  readonly model: Pick<ImageText, 'recordImage'>;
  readonly shape: LatentShape;
  readonly fit: Fit;
  readonly signal: AbortSignal;
  /** Of length one. */
  readonly prompt: Float32Array;
  /** The mean of those of the style pictures: a cosine with it is the mean of theirs. Null without any. */
  readonly look: Float32Array | null;
}

/** Cosines of the decoded picture (Radford et al. 2021), followed back through encoder, preparation and decoder. */
export function likenessOf(of: LikenessOf): Have['likeness'] {
  const { bundle, model, shape, fit, signal } = of;
  return async (latent, to) => {
    throwIfCancelled(signal);
    const towards = [
      ...(to.prompt > 0 ? [{ of: of.prompt, weight: to.prompt }] : []),
      ...(to.style > 0 && of.look ? [{ of: of.look, weight: to.style }] : []),
    ];
    const picture = await bundle.recordPicture(latent, shape);
    const content = contentOf(picture.planes, fit);
    const seen = await model.recordImage(content, fit.contentWidth, fit.contentHeight);
    throwIfCancelled(signal);
    const up = seen.embedding.map((_, i) => towards.reduce((sum, one) => sum + one.weight * one.of[i]!, 0));
    const gradient = await picture.pull(padded(await seen.pull(up), fit));
    return {
      prompt: to.prompt > 0 ? dot(seen.embedding, of.prompt) : null,
      style: to.style > 0 && of.look ? dot(seen.embedding, of.look) : null,
      gradient,
    };
  };
}

/** Planes (3, h, w) of a canvas without its padding. */
function contentOf(planes: Float32Array, fit: Fit): Float32Array {
  const { contentWidth, contentHeight } = fit;
  const out = new Float32Array(3 * contentWidth * contentHeight);
  eachLine(fit, (canvas, content) => out.set(planes.subarray(canvas, canvas + contentWidth), content));
  return out;
}

/** The way back: what is padding has no slope. */
function padded(content: Float32Array, fit: Fit): Float32Array {
  const out = new Float32Array(3 * fit.width * fit.height);
  eachLine(fit, (canvas, from) => out.set(content.subarray(from, from + fit.contentWidth), canvas));
  return out;
}

/** @param see where a line of a plane begins, in the canvas and in its content */
function eachLine(fit: Fit, see: (canvas: number, content: number) => void): void {
  const { width, height, left, top, contentWidth, contentHeight } = fit;
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < contentHeight; y++)
      see((c * height + y + top) * width + left, (c * contentHeight + y) * contentWidth);
  }
}
