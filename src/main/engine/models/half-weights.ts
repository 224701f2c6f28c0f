/** Weights of half precision in a network that is written here: widened when its session is opened, or layer by layer as it runs. */
import type { Model } from '../onnx/ir/graph.ts';
import { ELEMENT, tensorBytes } from '../onnx/ir/types.ts';

export const HALVES: readonly number[] = [ELEMENT.float16, ELEMENT.bfloat16];

/** Bytes in half precision up to which all are widened: a VAE has less; a UNet would take twice the memory of the same in float32. */
export const MOST_WIDENED = 128 * 2 ** 20;

/** Whether so much of it is of half precision that it stays in its file. */
export function staysHalf(model: Model): boolean {
  const bytes = [...model.graph.initializers.values()]
    .filter(({ type, data }) => data.kind === 'external' && HALVES.includes(type))
    .reduce((sum, { type, dims }) => sum + (tensorBytes(type, dims) ?? 0), 0);
  return bytes > MOST_WIDENED;
}
