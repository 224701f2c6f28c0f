/** Weights and inputs that a formula makes, so that a network has golden numbers and no file of weights. */
import { writeFileSync } from 'node:fs';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import type { StoredTensor, StoredWeights } from '../../src/main/engine/onnx/networks/stored.ts';

const sizeOf = (dims: readonly number[]) => dims.reduce((product, side) => product * side, 1);

/** Of a tensor, by its name: spread like a trained network's, the last layer of a depth estimator all positive. */
export function formulaWeight(name: string, dims: readonly number[]): Float32Array {
  let seed = 0;
  for (const letter of name) seed = (seed * 31 + letter.charCodeAt(0)) % 1_000_003;
  const spread = Math.sqrt(3 / sizeOf(dims.slice(1)));
  return Float32Array.from({ length: sizeOf(dims) }, (_, k) => {
    const value = ((k * 7919 + seed * 104_729 + Math.floor(k / 17) * 31_337) % 2003) / 1001 - 1;
    const signed = name.startsWith('head.head.4.') ? Math.abs(value) : value;
    if (name.endsWith('.bias')) return signed * 0.1;
    return dims.length === 1 ? 1 + 0.2 * signed : signed * spread;
  });
}

/** Numbers in -1..1. */
export function formulaInput(dims: readonly number[]): Float32Array {
  return Float32Array.from(
    { length: sizeOf(dims) },
    (_, k) => ((k * 6151 + Math.floor(k / 13) * 977) % 1999) / 999 - 1,
  );
}

/** @param file is written: the tensors' bytes, one after the other */
export function formulaWeights(
  file: string,
  tensors: Readonly<Record<string, readonly number[]>>,
): StoredWeights {
  const stored = new Map<string, StoredTensor>();
  const pieces: Buffer[] = [];
  let offset = 0;
  for (const [name, dims] of Object.entries(tensors)) {
    const bytes = Buffer.from(formulaWeight(name, dims).buffer);
    stored.set(name, { type: ELEMENT.float32, dims, file, offset, length: bytes.length });
    pieces.push(bytes);
    offset += bytes.length;
  }
  writeFileSync(file, Buffer.concat(pieces));
  return { label: 'the network of the formula', names: [...stored.keys()], get: (name) => stored.get(name) };
}
