/** Small models and their runs, for tests of graph surgery. */
import { readFileSync } from 'node:fs';

export { largestDifference } from '../../src/main/engine/onnx/difference.ts';

import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { parseText } from '../../src/main/engine/onnx/ir/text.ts';
import { createSession, type Feed, type RunTensor } from '../../src/main/engine/onnx/ort.ts';

/** Uniform in [-1, 1), the same for the same name (xorshift32 seeded by FNV-1a). */
export function noise(name: string, count: number): Float32Array {
  let state = 2166136261;
  for (const char of name) state = Math.imul(state ^ char.charCodeAt(0), 16777619) >>> 0;
  state ||= 1;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) / 2 ** 32) * 2 - 1;
  });
}

/** A graph from text, its unstated weights filled with noise after their names. */
export function textModel(text: string, opset = 17): Model {
  return parseText(text, { opset, fill: (name, count) => noise(name, count).map((v) => v / 2) });
}

export type Feeds = Readonly<Record<string, Feed>>;

export function floats(dims: readonly number[], data: Float32Array): Feed {
  return { type: 'float32', data, dims };
}

export function noiseFeed(name: string, dims: readonly number[]): Feed {
  return floats(dims, noise(name, product(dims)));
}

export function int64(dims: readonly number[], ...values: number[]): Feed {
  return { type: 'int64', data: BigInt64Array.from(values, BigInt), dims };
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1);
}

/** Runs once on the CPU and lets the session go. */
export async function runOnce(
  model: Model | Uint8Array,
  feeds: Readonly<Record<string, Feed>>,
  fetches: readonly string[],
  folder?: string,
): Promise<Record<string, RunTensor>> {
  const session = await createSession(model, {
    provider: 'cpu',
    label: 'the test model',
    threads: 1,
    folder,
  });
  try {
    return await session.run(feeds, fetches);
  } finally {
    await session.release();
  }
}

export function bits(data: Float32Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/** A NumPy file of version 1 to 3 holding little-endian float32, float16 or int64 in C order. */
export function readNpy(path: string): { dims: number[]; data: Float32Array; integers: bigint[] } {
  const file = readFileSync(path);
  const wide = file[6]! >= 2;
  const length = wide ? file.readUInt32LE(8) : file.readUInt16LE(8);
  const start = (wide ? 12 : 10) + length;
  const header = file.subarray(wide ? 12 : 10, start).toString('latin1');
  const dims = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .flatMap((s) => (s.trim() ? [Number(s)] : []));
  const body = file.buffer.slice(file.byteOffset + start, file.byteOffset + file.length);
  if (header.includes("'<i8'"))
    return { dims, data: new Float32Array(0), integers: [...new BigInt64Array(body)] };
  if (header.includes("'<f2'"))
    return { dims, data: Float32Array.from(new Float16Array(body)), integers: [] };
  if (!header.includes("'<f4'")) throw new Error(`${path}: ${header}`);
  return { dims, data: new Float32Array(body), integers: [] };
}
