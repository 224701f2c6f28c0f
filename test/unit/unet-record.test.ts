/** Calls of the UNet that are followed backwards: what of each row goes where. The network is one whose derivatives are plain. */
import { describe, expect, it } from 'vitest';
import type { Latent, PredictInput } from '../../src/main/engine/diffusion/types.ts';
import type { UnetIo } from '../../src/main/engine/models/roles/unet-io.ts';
import { makeRecord, type RecordedUnet } from '../../src/main/engine/models/unet-record.ts';
import type { Recorder } from '../../src/main/engine/onnx/grad/recorder.ts';
import type { Feed, RunTensor } from '../../src/main/engine/onnx/ort.ts';

const SHAPE = { channels: 2, height: 2, width: 1 };
const SIZE = 4;
const IO: UnetIo = {
  ...{ sample: 'sample', inChannels: 3, output: 'out', outChannels: 2 },
  timestep: { name: 'timestep', integer: 'int64', shape: 'scalar' },
  ...{ hidden: 'hidden', hiddenTokens: 2, hiddenDim: 1, guidance: null },
  added: { pooled: 'pooled', pooledDim: 1, timeIds: 'ids' },
  fixed: { batch: null, height: null, width: null },
};

const floats = (feed: Feed | undefined): Float32Array => feed!.data as Float32Array;
const tensor = (data: number[], dims: number[]): RunTensor => ({ data: Float32Array.from(data), dims });

/** out = latent · hidden₀ + structure · hidden₁ + pooled + timestep · weight, row by row; weight is 3. */
function plain(calls: { rows: number; by: readonly string[] }[]): Recorder {
  return {
    async record(feeds, fetches, by) {
      const rows = feeds.sample!.dims[0]!;
      calls.push({ rows, by });
      expect(fetches).toEqual(['out']);
      const [sample, hidden, pooled] = [feeds.sample, feeds.hidden, feeds.pooled].map(floats) as Latent[];
      const time = Number((feeds.timestep!.data as BigInt64Array)[0]!);
      const each = <T>(make: (row: number, i: number) => T, size: number) =>
        Array.from({ length: rows * size }, (_, at) => make(Math.floor(at / size), at % size));
      const out = each(
        (r, i) =>
          sample![r * 6 + i]! * hidden![2 * r]! +
          sample![r * 6 + 4 + (i % 2)]! * hidden![2 * r + 1]! +
          pooled![r]! +
          3 * time,
        SIZE,
      );
      return {
        outputs: { out: tensor(out, [rows, 2, 2, 1]) },
        async pull(cotangents, asked) {
          const ct = cotangents.out!;
          const over = (r: number, of: (i: number) => number) =>
            [0, 1, 2, 3].reduce((sum, i) => sum + ct[r * SIZE + i]! * of(i), 0);
          const all: Record<string, RunTensor> = {
            sample: tensor(
              each((r, i) => (i < 4 ? ct[r * SIZE + i]! * hidden![2 * r]! : 99), 6),
              [rows, 3, 2, 1],
            ),
            hidden: tensor(
              each((r, i) => over(r, (at) => sample![r * 6 + (i === 0 ? at : 4 + (at % 2))]!), 2),
              [rows, 2, 1],
            ),
            pooled: tensor(
              each((r) => over(r, () => 1), 1),
              [rows, 1],
            ),
            weight: tensor([each((r) => over(r, () => time), 1).reduce((sum, one) => sum + one, 0)], [1]),
          };
          return Object.fromEntries(asked.map((name) => [name, all[name]!]));
        },
      };
    },
  };
}

function frame(at: number, timestep: number): PredictInput {
  const branch = (b: number) => ({
    hidden: Float32Array.of(at + b + 1, 0.5),
    ...{ tokens: 2, dim: 1, pooled: Float32Array.of(b), timeIds: new Float32Array(6) },
  });
  return {
    latent: Float32Array.of(at, 1, 2, 3 * at),
    structure: Float32Array.of(7, 8),
    timestep,
    branches: [branch(0), branch(1)],
  };
}

const FRAMES = [frame(1, 10), frame(2, 20), frame(3, 10)];
const COTANGENTS = [
  [Float32Array.of(1, 2, 3, 4), Float32Array.of(0, 0, 1, 0)],
  [null, Float32Array.of(5, 6, 7, 8)],
  [null, null],
];

const unetOf = (recorder: Recorder, more: Partial<RecordedUnet> = {}): RecordedUnet => ({
  ...{
    io: IO,
    sites: [],
    joint: false,
    recorder,
    learnt: [{ input: 'weight', name: 'weight' }],
    file: 'unet.onnx',
  },
  ...more,
});

describe.each([
  { batch: null, sizes: [4, 2] },
  // The last call is filled up; what fills it counts nothing.
  { batch: 3, sizes: [3, 3, 3] },
])('rows in calls of $batch', ({ batch, sizes }) => {
  it('each frame and branch gets what is its own', async () => {
    const calls: { rows: number; by: readonly string[] }[] = [];
    const seen: string[] = [];
    const io = { ...IO, fixed: { ...IO.fixed, batch } };
    const record = makeRecord(unetOf(plain(calls), { io }), SHAPE, (branches, how) =>
      seen.push(`${how} ${branches}`),
    );
    const { outputs, pull } = await record(FRAMES, ['latent', 'text', 'weights']);
    expect(seen).toEqual(['recorded 2', 'recorded 2', 'recorded 2']);
    expect(calls.map(({ rows }) => rows)).toEqual(sizes);
    expect(calls[0]!.by).toEqual(['sample', 'hidden', 'pooled', 'weight']);
    expect(outputs[0]!.outputs[1]).toEqual(Float32Array.of(37.5, 38, 40.5, 44));
    for (const _again of [0, 1]) {
      const { latents, texts, pooled, weights } = await pull(COTANGENTS, ['latent', 'text', 'weights']);
      expect(latents).toEqual([
        Float32Array.of(2, 4, 6 + 3, 8),
        Float32Array.of(5 * 4, 6 * 4, 7 * 4, 8 * 4),
        new Float32Array(4),
      ]);
      expect(texts).toEqual([
        [Float32Array.of(1 + 2 + 6 + 12, 7 * 4 + 8 * 6), Float32Array.of(2, 7)],
        [new Float32Array(2), Float32Array.of(10 + 6 + 14 + 48, 7 * 12 + 8 * 14)],
        [new Float32Array(2), new Float32Array(2)],
      ]);
      expect(pooled).toEqual([
        [Float32Array.of(10), Float32Array.of(1)],
        [Float32Array.of(0), Float32Array.of(26)],
        [Float32Array.of(0), Float32Array.of(0)],
      ]);
      expect(weights).toEqual(new Map([['weight', Float32Array.of(10 * 11 + 20 * 26)]]));
    }
    expect(await pull(COTANGENTS, ['text'])).not.toHaveProperty('latents');
  });
});

it('what it was fed stays as it was until it is followed back', async () => {
  const record = makeRecord(unetOf(plain([])), SHAPE, () => {});
  const first = await record([FRAMES[0]!], ['latent', 'text']);
  const before = await first.pull([COTANGENTS[0]!], ['latent', 'text']);
  await record([FRAMES[1]!], ['latent', 'text']);
  expect(await first.pull([COTANGENTS[0]!], ['latent', 'text'])).toEqual(before);
});

it('follows back only what it was recorded for, and the whole network', async () => {
  const record = makeRecord(unetOf(plain([])), SHAPE, () => {});
  const { pull } = await record(FRAMES, ['latent']);
  await expect(pull(COTANGENTS, ['text'])).rejects.toThrow('recorded for text');
  const deep = { blocks: [], dims: [] };
  await expect(record([{ ...FRAMES[0]!, deep }], ['latent'])).rejects.toThrow('whole network');
});
