/** Model files on disk in the shapes they are found in. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { textModel } from './onnx.ts';

/** y = (x·a)·b with two weights of 4 KiB, and a small bias that stays in the graph. */
export function twoLayers(): Model {
  return textModel(`float32[B, 32] x => float32[B, 32] y
    float32[32, 32] a
    float32[32, 32] b
    float32[32] c
    h = MatMul(x, a)
    k = MatMul(h, b)
    y = Add(k, c)`);
}

export function writeModel(file: string, model: Model): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, serializeModel(model));
}

/** Moves weights of 256 bytes and more to a file of which the graph knows the location. Returns that file's bytes. */
export function externalise(
  model: Model,
  location: string,
  options: { length?: boolean; align?: number } = {},
): Buffer {
  const parts: Buffer[] = [];
  let offset = 0;
  for (const tensor of model.graph.initializers.values()) {
    if (tensor.data.kind !== 'bytes' || tensor.data.bytes.length < 256) continue;
    const { bytes } = tensor.data;
    const padding = (options.align ?? 1) - 1 - ((offset + (options.align ?? 1) - 1) % (options.align ?? 1));
    parts.push(Buffer.alloc(padding), Buffer.from(bytes));
    tensor.data = {
      kind: 'external',
      location,
      offset: offset + padding,
      length: options.length === false ? null : bytes.length,
    };
    offset += padding + bytes.length;
  }
  return Buffer.concat(parts);
}
