/**
 * What keeping of the attention to the text could spare of a call: processor time of one row with its keys and values given
 * instead of made, and with all that it adds given, over the time of the whole. The graph's nodes are told by diffusers' names.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createSession, type Feed } from '../../src/main/engine/onnx/ort.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { prune } from '../../src/main/engine/onnx/passes/prune.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { answer, inChild, inFolder } from './child.ts';
import { ABSENT, GRAPH, layOut } from './load.ts';
import type { Measure, Row, Say } from './measure.ts';

/** What is given to the network instead of made in it. */
const GIVEN = { whole: null, keys: /attn2\/to_[kv]\/MatMul$/, outputs: /attn2\/to_out\.0\/Add$/ } as const;
type Way = keyof typeof GIVEN;
const WAYS = Object.keys(GIVEN) as Way[];

interface Model {
  readonly name: string;
  readonly file: string;
  /** Of the latent. */
  readonly side: number;
  readonly runs: number;
}

interface Timed {
  /** Processor seconds, the least of some. */
  readonly seconds: number;
  /** Values that were given. */
  readonly values: number;
}

const FLOAT = 1;
/** Side of a latent that every network takes. */
const SMALL = 16;

/** In the child. */
async function measure(json: string): Promise<Timed> {
  const { model, way } = JSON.parse(json) as { model: Model; way: Way };
  const { file, side, runs } = model;
  const { model: read, folder } = loadGraph(file, { root: join(file, '..', '..') });
  const { graph } = read;
  const found = [...graph.nodes].filter(({ name }) => GIVEN[way]?.test(name));
  const asked = found.map(({ outputs }) => outputs[0]!);
  const shapes = way === 'whole' ? null : await shapesOf(file, asked);
  /** Values of the picture are as many as it has places; those of the text are not. */
  const scaled = ([row = 1, tokens = 1, width = 1]: readonly number[]) =>
    way === 'keys' ? [row, tokens, width] : [row, tokens * (side / SMALL) ** 2, width];
  for (const [i, value] of asked.entries()) {
    graph.inputs.push({ name: `given_${i}`, type: FLOAT, dims: null });
    graph.replaceUses(value, `given_${i}`);
  }
  applyPasses(read, [step(prune)], 'the UNet');
  const session = await createSession(read, {
    folder,
    provider: 'cpu',
    threads: 1,
    memoryPattern: false,
    label: 'the UNet',
  });
  const given = Object.fromEntries(
    asked.map((value, i) => [`given_${i}`, filled(scaled(shapes!.get(value)!))]),
  );
  const known = new Set(session.inputs.map(({ name }) => name));
  const feeds = Object.fromEntries(
    Object.entries({ ...feedsOf(session.inputs, side), ...given }).filter(([name]) => known.has(name)),
  );
  let seconds = Number.POSITIVE_INFINITY;
  for (let run = 0; run <= runs; run++) {
    const began = process.cpuUsage();
    await session.run(feeds, [session.outputs[0]!.name]);
    const { user } = process.cpuUsage(began);
    // The first one makes its buffers.
    if (run > 0) seconds = Math.min(seconds, user / 1e6);
  }
  return { seconds, values: asked.length };
}

/** Of values made on the way, in a small run of its own. */
async function shapesOf(
  file: string,
  values: readonly string[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const { model, folder } = loadGraph(file, { root: join(file, '..', '..') });
  model.graph.outputs.push(...values.map((name) => ({ name, type: FLOAT, dims: null })));
  const session = await createSession(model, { folder, provider: 'cpu', lowMemory: true, label: 'the UNet' });
  const made = await session.run(feedsOf(session.inputs, SMALL), values);
  await session.release();
  return new Map(values.map((name) => [name, made[name]!.dims]));
}

const filled = (dims: readonly number[]): Feed => ({
  type: 'float32',
  data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(0.5),
  dims,
});

type Inputs = Awaited<ReturnType<typeof createSession>>['inputs'];

function feedsOf(inputs: Inputs, side: number): Record<string, Feed> {
  const feeds: Record<string, Feed> = {};
  for (const { name, type, dims } of inputs) {
    const fixed = dims.map((dim, at) => (typeof dim === 'number' ? dim : at === 0 ? 1 : null));
    if (name.startsWith('given_')) continue;
    if (type === 'int64') feeds[name] = { type, data: BigInt64Array.of(500n), dims: dims.length ? [1] : [] };
    else if (dims.length < 2)
      feeds[name] = { ...filled(dims.length ? [1] : []), dims: dims.length ? [1] : [] };
    else if (dims.length === 4) feeds[name] = filled([1, fixed[1] ?? 4, side, side]);
    else feeds[name] = filled([1, fixed[1] ?? 77, fixed[2] ?? 768]);
  }
  return feeds;
}

async function measuredAll(model: Model, say: Say): Promise<{ rows: Row[]; data: unknown }> {
  const timed: Partial<Record<Way, Timed>> = {};
  for (const way of WAYS) {
    say(`${model.name}, ${way}`);
    timed[way] = await inChild<Timed>(import.meta.filename, JSON.stringify({ model, way }));
  }
  const share = (way: Way) => `× ${(timed[way]!.seconds / timed.whole!.seconds).toFixed(3)}`;
  const row = (what: string, way: Way): Row => [
    `${model.name}, ${what}`,
    `${share(way)} processor time of a call of ${timed.whole!.seconds.toFixed(3)} s`,
    '',
  ];
  return {
    rows: [
      row('keys and values of the text given', 'keys'),
      row('all that attention to the text adds given', 'outputs'),
    ],
    data: { model, timed },
  };
}

/** At the size of Stable Diffusion. */
export const crossAttention: Measure = {
  id: 'cross-attention',
  title: 'what attention to the text takes of a call',
  seconds: 300,
  default: false,
  memory: 9e9,
  async run(say) {
    if (!existsSync(GRAPH)) return { rows: [['attention to the text', ABSENT, '']], data: null };
    return inFolder(async (root) => {
      const file = join(root, 'unet', 'model.onnx');
      layOut(file);
      return measuredAll({ name: 'SD 1.5, 512²', file, side: 64, runs: 2 }, say);
    });
  },
};

await answer(import.meta.filename, measure);
