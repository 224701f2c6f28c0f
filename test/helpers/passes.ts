/** Single passes on a graph, by the runner as everywhere. */
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { type FloatIo, float32Io } from '../../src/main/engine/onnx/passes/float-io.ts';
import { type LentAttention, lendAttention } from '../../src/main/engine/onnx/passes/lend-attention.ts';
import { applyPasses, type Pass, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { referenceAttention, type Site } from '../../src/main/engine/onnx/passes/reference-attention.ts';

/** @returns what the pass gave back */
export function applied<Outcome>(model: Model, pass: Pass<void, Outcome>): Outcome {
  return applyPasses(model, [step(pass)], 'the test model').of(pass)!;
}

export function castToFloat32(model: Model): FloatIo {
  return applied(model, float32Io);
}

/** @returns the attentions that can read other frames now */
export function lend(model: Model, options: LentAttention): readonly Site[] {
  return applyPasses(model, lendAttention(options), 'the UNet').of(referenceAttention) ?? [];
}
