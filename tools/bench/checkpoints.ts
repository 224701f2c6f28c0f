/**
 * Checkpoints of real size as they are, beside the same network as an ONNX export: time to the first call, the calls after it,
 * memory. Weights are zeros in sparse files, made from the configurations alone; every measurement has a process of its own and one
 * thread, and times are the processor's, since the clock also tells of what else the machine does. Repacked zeros are kept once by the
 * runtime, so that a real file takes about a gigabyte more without low memory, exported or not.
 *
 *     npx node tools/bench/checkpoints.ts [side in pixels] [sd15|xl, both by default]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../../src/main/cli/text.ts';
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
import { GRAPH, layOut } from './load.ts';
import { sparseWeights } from './sparse-weights.ts';

const FACTOR = 8;
const RUNS = 2;
const CALLS = 3;

/** As their repositories have them; the rest is the default. */
const CONFIGS = {
  sd15: { attention_head_dim: 8, cross_attention_dim: 768 },
  xl: {
    ...{ addition_embed_type: 'text_time', addition_time_embed_dim: 256, attention_head_dim: [5, 10, 20] },
    ...{ block_out_channels: [320, 640, 1280], cross_attention_dim: 2048, use_linear_projection: true },
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
    ...{ projection_class_embeddings_input_dim: 2816, transformer_layers_per_block: [1, 2, 10] },
  },
} as const;

type Family = keyof typeof CONFIGS;

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

export interface CheckpointReport {
  readonly side: number;
  readonly results: readonly CheckpointResult[];
  /** Measure, value, target: for a table. */
  readonly rows: string[][];
}

/** Takes some minutes. What the machine has too little memory for is left out, and the table says so. */
export function benchCheckpoints(
  side: number,
  families: readonly Family[] = ['sd15', 'xl'],
): CheckpointReport {
  const fits = (family: Family) => process.availableMemory() > NEEDED[family];
  const results = families
    .filter(fits)
    .flatMap((family) => [false, true].flatMap((low) => measureAll(family, low, side)));
  const left = families.filter((family) => !results.some((one) => one.family === family));
  const skipped = left.map((family) => [
    `${NAMES[family]} checkpoints`,
    `skipped, ${gigabytes(NEEDED[family])} of memory must be free`,
    '',
  ]);
  return { side, results, rows: [...rowsOf(results, side), ...skipped] };
}

/** The ways in turn, so that a busy moment of the machine meets all. */
function measureAll(family: Family, lowMemory: boolean, side: number): CheckpointResult[] {
  const best = new Map<Way, Measured>();
  for (let run = 0; run < RUNS; run++) {
    for (const way of WAYS) {
      if (way === 'export' && (family !== 'sd15' || !existsSync(GRAPH))) continue;
      const args = [import.meta.filename, 'measure', family, way, String(lowMemory), String(side)];
      const found = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured;
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

const NAMES: Readonly<Record<Family, string>> = { sd15: 'SD 1.5', xl: 'XL' };
const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GB`;

function rowsOf(results: readonly CheckpointResult[], side: number): string[][] {
  return results.map(({ family, way, lowMemory, best }) => {
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
async function measure(family: Family, way: Way, lowMemory: boolean, side: number): Promise<Measured> {
  const root = mkdtempSync(join(tmpdir(), 'retake-bench-checkpoint-'));
  try {
    const read = prepare(root, family, way);
    const started = processorTime();
    const { model, folder } = read();
    const io = unetIo(model, root);
    const keepHalf = way !== 'export' && staysHalf(model);
    const last = keepHalf ? [step(inPlace), step(widenLate)] : [step(inPlace)];
    const passes = [...unet.passes('forward', { sites: 'decoder' }), ...last];
    const sites = applyPasses(model, passes, 'the UNet').of(referenceAttention)!;
    const session = await createSession(serializeModel(model), {
      ...{ folder, provider: 'cpu', lowMemory, threads: 1, label: 'the UNet', ...unet.session },
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
    const status = readFileSync('/proc/self/status', 'utf8');
    const bytes = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
    const [first, ...later] = times as [number, ...number[]];
    return {
      ...{ first, later: Math.min(...later) },
      ...{ anonymous: bytes('RssAnon'), mapped: bytes('RssFile'), peak: bytes('VmHWM') },
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
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

if (process.argv[1] === import.meta.filename) {
  const [first, ...rest] = process.argv.slice(2);
  if (first === 'measure') {
    const [family, way, low, side] = rest as [Family, Way, string, string];
    process.stdout.write(JSON.stringify(await measure(family, way, low === 'true', Number(side))));
  } else {
    const families = rest[0] === undefined ? undefined : [rest[0] as Family];
    const { rows } = benchCheckpoints(Number(first ?? 128), families);
    console.log(table([['measure', 'value', 'target'], ...rows]));
  }
}
