import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { STYLES } from '../helpers/attention.ts';
import { textModel } from '../helpers/onnx.ts';
import { externalise, twoLayers } from '../helpers/onnx-files.ts';
import { castToFloat32, lend } from '../helpers/passes.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const ROUNDS = 500;

/** Loads, rewrites and writes again; the only other end is an error meant for the artist. */
function survives(file: string, root: string): boolean {
  try {
    const { model } = loadGraph(file, { root });
    castToFloat32(model);
    if (file.includes('attention')) lend(model, { sites: 'all' });
    serializeModel(model);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function bases(): Record<string, { model: Model; weights: Buffer }> {
  const apart = twoLayers();
  const weights = externalise(apart, 'w.bin');
  return {
    inside: { model: twoLayers(), weights: Buffer.alloc(0) },
    beside: { model: apart, weights },
    attention: {
      model: textModel(STYLES['token count of the queries reused']!.text),
      weights: Buffer.alloc(0),
    },
    fused: { model: textModel(STYLES['fused projection, gathered']!.text), weights: Buffer.alloc(0) },
  };
}

describe.each(Object.keys(bases()))('damaged files, weights %s', (name) => {
  const { model, weights } = bases()[name]!;
  const whole = Buffer.from(serializeModel(model));
  const prepare = () => {
    const root = tempFolder();
    writeFileSync(join(root, 'w.bin'), weights);
    return { root, file: join(root, `${name === 'fused' ? 'attention-fused' : name}.onnx`) };
  };

  it('cut at any byte are refused or read', () => {
    const { root, file } = prepare();
    const step = Math.max(1, Math.floor(whole.length / 500));
    for (let length = 0; length < whole.length; length += step) {
      writeFileSync(file, whole.subarray(0, length));
      survives(file, root);
    }
    writeFileSync(file, whole);
    expect(survives(file, root)).toBe(true);
  });

  it('with changed bytes are refused or read', () => {
    const { root, file } = prepare();
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    let [tried, read] = [0, 0];
    const property = fc.property(fc.array(change, { minLength: 1, maxLength: 4, size: 'max' }), (changes) => {
      const bytes = Buffer.from(whole);
      for (const { at, byte } of changes) bytes[at] = byte;
      writeFileSync(file, bytes);
      tried++;
      if (survives(file, root)) read++;
    });
    fc.assert(property, { seed: name.length, numRuns: ROUNDS });
    // Both ends must have been met, or the test would test nothing.
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(tried);
  });
});
