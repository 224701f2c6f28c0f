/**
 * Networks that are written here against numbers of the same arithmetic in PyTorch, in double precision: weights and inputs are made by
 * formula, `written-networks/NAME.json` holds configuration, shapes and what came out.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { WrittenNetwork } from '../../src/main/engine/onnx/networks/builder.ts';
import { clipVision } from '../../src/main/engine/onnx/networks/clip-vision.ts';
import { controlNet } from '../../src/main/engine/onnx/networks/controlnet.ts';
import { dpt } from '../../src/main/engine/onnx/networks/dpt.ts';
import type { StoredWeights } from '../../src/main/engine/onnx/networks/stored.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { formulaInput, formulaWeights } from '../helpers/formula-weights.ts';

interface Probe {
  readonly dims: readonly number[];
  readonly mean: number;
  readonly rms: number;
  /** Those at 0, 7919, 2·7919, … of the flat array, around its end. */
  readonly values: readonly number[];
}

interface Golden {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly cases: readonly {
    readonly inputs: Readonly<Record<string, readonly number[]>>;
    readonly outputs: Readonly<Record<string, Probe>>;
  }[];
}

type Write = (weights: StoredWeights, config: unknown) => WrittenNetwork;
const WRITERS: readonly (readonly [RegExp, Write])[] = [
  [/^dpt/, dpt],
  [/^clip-vision/, clipVision],
  [/^controlnet/, controlNet],
];

/** Inputs that are not spread around zero: factor and offset. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  timestep: [400, 500],
  time_ids: [500, 512],
  controlnet_cond: [0.5, 0.5],
};

const folder = join(import.meta.dirname, 'written-networks');
const scratch = mkdtempSync(join(tmpdir(), 'written-networks-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Single precision over all layers, as a share of what the output measures. */
const TOLERANCE = 2e-5;

const goldenOf = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Golden;
const writerOf = (name: string) => WRITERS.find(([pattern]) => pattern.test(name))![1];

function feedOf(name: string, dims: readonly number[]) {
  if (name === 'conditioning_scale') return { type: 'float32', data: Float32Array.of(0.8), dims } as const;
  const [factor, offset] = RANGES[name] ?? [1, 0];
  return { type: 'float32', data: formulaInput(dims).map((value) => value * factor + offset), dims } as const;
}

function probe({ data, dims }: { readonly data: Float32Array; readonly dims: readonly number[] }): Probe {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const rms = Math.sqrt(data.reduce((sum, value) => sum + value ** 2, 0) / data.length);
  return { dims, mean, rms, values: Array.from({ length: 6 }, (_, i) => data[(i * 7919) % data.length]!) };
}

describe('a written network', () => {
  const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));

  it.each(names)('%s computes what the trainers\u2019 does', async (name) => {
    const { config, tensors, cases } = goldenOf(name);
    const written = writerOf(name)(formulaWeights(join(scratch, name), tensors), config);
    const session = await createSession(written.model, {
      ...{ folder: written.folder, provider: 'cpu', threads: 1, label: name },
    });
    try {
      for (const { inputs, outputs } of cases) {
        const feeds = Object.fromEntries(
          Object.entries(inputs).map(([input, dims]) => [input, feedOf(input, dims)]),
        );
        const made = await session.run(feeds, Object.keys(outputs));
        for (const [output, want] of Object.entries(outputs)) {
          const got = probe(made[output]!);
          expect([output, got.dims]).toEqual([output, want.dims]);
          const pairs = [
            [got.mean, want.mean],
            [got.rms, want.rms],
            ...got.values.map((v, i) => [v, want.values[i]!]),
          ];
          const worst = Math.max(...pairs.map(([a, b]) => Math.abs(a! - b!)));
          expect(worst / want.rms, `${output} of ${JSON.stringify(inputs)}`).toBeLessThan(TOLERANCE);
        }
      }
    } finally {
      await session.release();
    }
  });
});
