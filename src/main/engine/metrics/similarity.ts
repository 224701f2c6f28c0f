/** How frames and prompts agree by their embeddings of an image-text model; all embeddings have length one. */
import { assert } from '../../../common/errors.ts';
import type { ImageTextScores } from '../../../common/report.ts';

/** CLIP-Text (Hessel et al. 2021, unscaled): mean cosine of the frames and a text, -1..1; at least one frame. */
export function textSimilarity(frames: readonly Float32Array[], text: Float32Array): number {
  return mean(frames.map((frame) => dot(frame, text)));
}

/** Tem-Con, CLIP-Image (Esser et al. 2023): mean cosine of consecutive frames, -1..1; null for fewer than two. */
export function consecutiveSimilarity(frames: readonly Float32Array[]): number | null {
  if (frames.length < 2) return null;
  return mean(frames.slice(1).map((next, i) => dot(frames[i]!, next)));
}

/** Frame-Acc (Qi et al. 2023): share 0..1 of frames nearer to the target text than to the source text. */
export function frameAccuracy(
  frames: readonly Float32Array[],
  target: Float32Array,
  source: Float32Array,
): number {
  return mean(frames.map((frame) => (dot(frame, target) > dot(frame, source) ? 1 : 0)));
}

/** @param source null where no source text was given, or it is the target's: nothing can be nearer to either then */
export function imageTextScores(
  frames: readonly Float32Array[],
  target: Float32Array,
  source: Float32Array | null,
): ImageTextScores {
  return {
    prompt: textSimilarity(frames, target),
    source: source && textSimilarity(frames, source),
    consecutive: consecutiveSimilarity(frames),
    frameAccuracy: source && frameAccuracy(frames, target, source),
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  assert(a.length === b.length, 'embeddings of one model');
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function mean(values: readonly number[]): number {
  assert(values.length > 0, 'at least one frame');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
