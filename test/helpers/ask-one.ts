import type { Predict, PredictInput, PredictOutput } from '../../src/main/engine/diffusion/types.ts';

/** A network that is asked about one frame at a time. */
export function askOne(predict: Predict): (input: PredictInput) => Promise<PredictOutput> {
  return async (input) => (await predict([input]))[0]!;
}
