/**
 * Checkpoints of real size as they are, beside the same network as an ONNX export: time to the first call, the calls after it,
 * memory. Weights are zeros in sparse files, made from the configurations alone; every measurement has a process of its own and one
 * thread, and times are the processor's, since the clock also tells of what else the machine does. Repacked zeros are kept once by the
 * runtime, so that a real file takes about a gigabyte more without low memory, exported or not.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { staysHalf } from '../../src/main/engine/models/half-weights.ts';
import { unet } from '../../src/main/engine/models/roles/unet.ts';
import { unetIo } from '../../src/main/engine/models/roles/unet-io.ts';
import { makePredict } from '../../src/main/engine/models/unet.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { unet2DCondition } from '../../src/main/engine/onnx/networks/unet-2d-condition.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { inPlace } from '../../src/main/engine/onnx/passes/in-place.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { referenceAttention } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { widenLate } from '../../src/main/engine/onnx/passes/widen-late.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { answer, inChild, inFolder } from './child.ts';
import { CONFIGS, type Family, NAMES } from './configurations.ts';
import { GRAPH, layOut } from './load.ts';
import type { Measure, Row, Say } from './measure.ts';
import { held } from './process-memory.ts';
import { sparseWeights } from './sparse-weights.ts';
import { gigabytes } from './units.ts';

const FACTOR = 8;
const RUNS = 2;
const CALLS = 3;

/** Bytes that must be free: while a file of half precision is widened, all of it is there twice. */
const NEEDED: Readonly<Record<Family, number>> = { sd15: 7e9, xl: 18e9 };

/**
 * export: the trial data's own graph. laid out: our graph over matrices as exporters turn them, which stands for an export where there is
 * no trial data. The others: a checkpoint's file.
 */
const WAYS = ['export', 'laid out as an export', 'F32 checkpoint', 'F16 checkpoint'] as const;
type Way = (typeof WAYS)[number];

interface Measured {
  /** Milliseconds from the file to the end of the first call, and of the fastest call after it. */
  readonly first: number;
  readonly later: number;
  /** Of the process afterwards, bytes: memory of its own, pages shared with files, and the most of both so far. */
  readonly anonymous: number;
  readonly mapped: number;
  readonly peak: number;
}

interface CheckpointResult {
  readonly family: Family;
  readonly way: Way;
  readonly lowMemory: boolean;
  readonly best: Measured;
}

/** The ways in turn, so that a busy moment of the machine meets all. */
async function measureAll(
  family: Family,
  lowMemory: boolean,
  side: number,
  say: Say,
): Promise<CheckpointResult[]> {
  const best = new Map<Way, Measured>();
  for (let run = 0; run < RUNS; run++) {
    for (const way of WAYS) {
      const exported = family === 'sd15' && existsSync(GRAPH);
      if (way === (exported ? 'laid out as an export' : 'export')) continue;
      say(`${way}${lowMemory ? ', low memory' : ''}, run ${run + 1} of ${RUNS}`);
      const words = [family, way, String(lowMemory), String(side)];
      const found = await inChild<Measured>(import.meta.filename, ...words);
      const known = best.get(way);
      best.set(way, {
        ...found,
        first: Math.min(found.first, known?.first ?? Number.POSITIVE_INFINITY),
        later: Math.min(found.later, known?.later ?? Number.POSITIVE_INFINITY),
      });
    }
  }
  return [...best].map(([way, measured]) => ({ family, way, lowMemory, best: measured }));
}

/** Small, so that a call takes a second and what comes before it counts. */
const SIDE = 128;

async function measured(family: Family, say: Say) {
  const results: CheckpointResult[] = [];
  for (const low of [false, true]) results.push(...(await measureAll(family, low, SIDE, say)));
  return { rows: rowsOf(results, SIDE), data: { side: SIDE, results } };
}

export const checkpoints: Measure = {
  id: 'checkpoints',
  title: 'checkpoints of SD 1.5 beside its export',
  seconds: 57,
  default: true,
  memory: NEEDED.sd15,
  run: (say) => measured('sd15', say),
};

export const xlCheckpoints: Measure = {
  id: 'checkpoints-xl',
  title: 'checkpoints of XL beside an export',
  seconds: 240,
  default: false,
  memory: NEEDED.xl,
  run: (say) => measured('xl', say),
};

function rowsOf(results: readonly CheckpointResult[], side: number): Row[] {
  return results.map(({ family, way, lowMemory, best }): Row => {
    const among = results.filter((one) => one.family === family && one.lowMemory === lowMemory);
    const exported = (among.find((one) => one.way === 'export') ?? among[0]!).best;
    const ratio = (of: keyof Measured) => `× ${(best[of] / exported[of]).toFixed(2)}`;
    const times = `first call after ${(best.first / 1000).toFixed(1)} s (${ratio('first')}), later ${(best.later / 1000).toFixed(2)} s (${ratio('later')})`;
    const memory = `${gigabytes(best.anonymous)} own + ${gigabytes(best.mapped)} mapped, ${gigabytes(best.peak)} at most (${ratio('peak')})`;
    const name = `${NAMES[family]} at ${side}², ${way}${lowMemory ? ', low memory' : ''}`;
    return [name, `${times}; ${memory}`, way.endsWith('checkpoint') ? '≤ 1.10 of the export' : ''];
  });
}

/** Processor time of this process, milliseconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** In the child. */
async function measure(...words: string[]): Promise<Measured> {
  const [family, way, low, pixels] = words as [Family, Way, string, string];
  const [lowMemory, side] = [low === 'true', Number(pixels)];
  return inFolder(async (root) => {
    const read = prepare(root, family, way);
    const started = processorTime();
    const { model, folder } = read();
    const io = unetIo(model, root);
    const keepHalf = way !== 'export' && staysHalf(model);
    const last = keepHalf ? [step(inPlace), step(widenLate)] : [step(inPlace)];
    const passes = [...unet.passes('forward', { sites: 'decoder' }), ...last];
    const sites = applyPasses(model, passes, 'the UNet').of(referenceAttention)!;
    const session = await createSession(serializeModel(model), {
      ...{ folder, provider: 'cpu', lowMemory, threads: 1, label: 'the UNet' },
      keepHalf,
    });
    const size = side / FACTOR;
    const shape = { channels: 4, height: size, width: size };
    const predict = makePredict({ session, io, sites, joint: false, file: root }, shape, () => {});
    const dim = CONFIGS[family].cross_attention_dim;
    const added = io.added && {
      pooled: new Float32Array(io.added.pooledDim!),
      timeIds: Float32Array.of(side, side, 0, 0, side, side),
    };
    const text = { hidden: new Float32Array(77 * dim), tokens: 77, dim, ...added };
    const latent = new Float32Array(4 * size * size).fill(0.5);
    const times: number[] = [];
    for (let call = 0; call <= CALLS; call++) {
      const before = call === 0 ? started : processorTime();
      await predict([{ latent, timestep: 500, branches: [text] }]);
      times.push(processorTime() - before);
    }
    const { own, mapped, peak } = held();
    const [first, ...later] = times as [number, ...number[]];
    return { first, later: Math.min(...later), anonymous: own, mapped, peak };
  });
}

/** Makes the files; what it gives back reads them. */
function prepare(root: string, family: Family, way: Way): () => { model: Model; folder: string } {
  if (way === 'export') {
    const file = join(root, 'unet', 'model.onnx');
    layOut(file);
    return () => loadGraph(file, { root });
  }
  const config = CONFIGS[family];
  const sparse = sparseWeights(join(root, 'unet.safetensors'), {
    type: way === 'F16 checkpoint' ? 'float16' : 'float32',
    transposed: way === 'laid out as an export',
    first: 'conv_in.weight',
  });
  unet2DCondition(sparse, config);
  sparse.close();
  return () => unet2DCondition(sparse, config);
}

await answer(import.meta.filename, measure);
