/**
 * Memory of real networks over what is foretold of it, each in a process of its own: from the file to a session that has run some
 * calls, the most that was resident. The weights are numbers, since the runtime keeps repacked weights that are alike once.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Features, PredictInput } from '../../src/main/engine/diffusion/types.ts';
import type { Call } from '../../src/main/engine/models/memory/foretold.ts';
import { floats } from '../../src/main/engine/models/memory/network.ts';
import { unetCalls } from '../../src/main/engine/models/memory/unet-calls.ts';
import { openRead } from '../../src/main/engine/models/model.ts';
import { readModel } from '../../src/main/engine/models/read-model.ts';
import { unet } from '../../src/main/engine/models/roles/unet.ts';
import { vaeDecoder } from '../../src/main/engine/models/roles/vae-decoder.ts';
import { vaeEncoder } from '../../src/main/engine/models/roles/vae-encoder.ts';
import { onnxFile, type Source } from '../../src/main/engine/models/source.ts';
import { unet2DCondition } from '../../src/main/engine/onnx/networks/unet-2d-condition.ts';
import { answer, inChild, inFolder } from './child.ts';
import { CONFIGS, type Family, NAMES } from './configurations.ts';
import { ABSENT, fill, GRAPH, layOut } from './load.ts';
import type { Measure, Row, Say } from './measure.ts';
import { countAnew, held } from './process-memory.ts';
import { sparseWeights } from './sparse-weights.ts';
import { gigabytes } from './units.ts';

interface Asked {
  readonly family: Family;
  readonly network: 'unet' | 'vaeDecoder' | 'vaeEncoder';
  /** export: the trial data's own graph; the others: a checkpoint's file. */
  readonly way: 'export' | 'F32' | 'F16';
  /** Whether its self-attention is one operator. */
  readonly fused?: boolean;
  /** In pixels. */
  readonly side: number;
  /** Of the UNet, one after the other; those with a bank read what the first one lent. */
  readonly calls?: readonly Call[];
}

interface Measured extends Asked {
  /** Bytes of the process before the network was read, at most, and after it was let go. */
  readonly before: number;
  readonly peak: number;
  readonly after: number;
  /** Of the whole process. */
  readonly foretold: number;
}

const ALONE: Call = { frames: 1, branches: 1, bank: 0, self: true, joint: false };
const GUIDED: Call = { ...ALONE, branches: 2 };
const LENT: Call = { ...GUIDED, bank: 2, self: false };
const joint = (frames: number): Call => ({ ...GUIDED, frames, joint: true });
/** As Pix2Video: the anchor looks at itself, the others at it and at the frame before. */
const PIX2VIDEO = [GUIDED, LENT, LENT];

const unetAt = (side: number, calls: readonly Call[], way: Asked['way'] = 'export'): Asked => ({
  ...{ family: 'sd15', network: 'unet', way, side, calls },
});
const vaeAt = (network: Asked['network'], side: number): Asked => ({
  family: 'sd15',
  network,
  way: 'export',
  side,
});

const SHORT: readonly Asked[] = [
  unetAt(256, PIX2VIDEO),
  { ...unetAt(256, PIX2VIDEO), fused: true },
  vaeAt('vaeEncoder', 512),
  vaeAt('vaeDecoder', 512),
];
const GRID: readonly Asked[] = [
  unetAt(256, [ALONE]),
  unetAt(256, PIX2VIDEO),
  unetAt(384, PIX2VIDEO),
  unetAt(512, [GUIDED, GUIDED]),
  unetAt(512, PIX2VIDEO),
  ...[256, 512].map((side) => ({ ...unetAt(side, PIX2VIDEO), fused: true })),
  unetAt(256, [joint(2), joint(2)]),
  unetAt(256, [joint(4), joint(4)]),
  unetAt(256, PIX2VIDEO, 'F32'),
  unetAt(256, PIX2VIDEO, 'F16'),
  unetAt(512, PIX2VIDEO, 'F16'),
  { family: 'xl', network: 'unet', way: 'F16', side: 512, calls: PIX2VIDEO },
  ...[256, 384, 512, 768].flatMap((side) => [vaeAt('vaeEncoder', side), vaeAt('vaeDecoder', side)]),
];

const FACTOR = 8;
const FOLDERS = { unet: 'unet', vaeDecoder: 'vae_decoder', vaeEncoder: 'vae_encoder' } as const;

/** In the child. */
async function measure(json: string): Promise<Measured> {
  const asked = JSON.parse(json) as Asked;
  return inFolder((root) => (asked.network === 'unet' ? measureUnet(asked, root) : measureVae(asked, root)));
}

async function measureUnet(asked: Asked, root: string): Promise<Measured> {
  const { side, calls = [] } = asked;
  const source = sourceOf(asked, root);
  const before = resident();
  const read = readModel(unet, source, {});
  const variant = {
    sites: 'decoder',
    joint: calls.some((call) => call.joint),
    fused: operatorOf(asked),
  } as const;
  const network = await openRead(unet, read, { variant, name: 'the bench', provider: 'cpu' });
  const { io } = read;
  const channels = io.outChannels!;
  const latent = { channels, height: side / FACTOR, width: side / FACTOR };
  const predict = network.functions.predict(latent, () => {});
  const dim = io.hiddenDim!;
  const added = io.added && {
    pooled: new Float32Array(io.added.pooledDim!),
    timeIds: Float32Array.of(side, side, 0, 0, side, side),
  };
  const text = { hidden: new Float32Array(77 * dim), tokens: 77, dim, ...added };
  let features: Features | undefined;
  for (const { frames, branches, bank, self, joint: together } of calls) {
    const input: PredictInput = {
      latent: new Float32Array(channels * latent.height * latent.width).fill(0.5),
      timestep: 500,
      branches: Array.from({ length: branches }, () => text),
      attention: { bank: Array<Features>(bank).fill(features!), self },
      capture: bank === 0 && !together,
    };
    const [made] = await predict(
      Array.from({ length: frames }, () => input),
      together,
    );
    features ??= made!.features;
  }
  const peak = held().peak;
  await network.release();
  const { sites, residuals } = network.functions;
  const memory = network.memory();
  const foretold = unetCalls(
    { network: memory, shallow: null, recorded: null, learnt: [], deepChannels: 0, io, sites, residuals },
    latent,
    [],
  );
  const lent = calls.some(({ bank }) => bank > 0) ? 2 * foretold.features : 0;
  return {
    ...asked,
    before,
    peak,
    after: resident(),
    foretold: before + memory.opened + foretold.calls(calls) + lent,
  };
}

async function measureVae(asked: Asked, root: string): Promise<Measured> {
  const { network: name, side } = asked;
  const source = sourceOf(asked, root);
  const before = resident();
  const options = { variant: operatorOf(asked), name: 'the bench', provider: 'cpu' } as const;
  const space = { channels: 4, factor: FACTOR, scale: [1, 1, 1, 1], shift: [0, 0, 0, 0] };
  const length = side / FACTOR;
  const decoder = name === 'vaeDecoder';
  const openDecoder = async () => {
    const read = readModel(vaeDecoder, source, undefined);
    const network = await openRead(vaeDecoder, read, options);
    const latent = { channels: 4, height: length, width: length };
    return {
      ...{ read, network },
      run: () => network.functions.decode(new Float32Array(4 * length * length), latent, space),
    };
  };
  const openEncoder = async () => {
    const read = readModel(vaeEncoder, source, undefined);
    const network = await openRead(vaeEncoder, read, options);
    return {
      ...{ read, network },
      run: () => network.functions(new Uint8Array(3 * side * side), side, side, space),
    };
  };
  const { read, network, run } = await (decoder ? openDecoder() : openEncoder());
  for (let call = 0; call < 3; call++) await run();
  const peak = held().peak;
  await network.release();
  const memory = network.memory();
  const fed = new Map([[read.io.input, decoder ? floats(1, 4, length, length) : floats(1, 3, side, side)]]);
  const pixels = 4 * 3 * side * side;
  const foretold = before + memory.opened + memory.holds([fed]) + (decoder ? 2 : 1) * pixels;
  return { ...asked, before, peak, after: resident(), foretold };
}

const operatorOf = ({ fused }: Asked) => (fused ? 'MultiHeadAttention' : null);

function sourceOf({ family, network, way }: Asked, root: string): Source {
  if (way === 'export') {
    const folder = FOLDERS[network];
    const file = join(root, folder, 'model.onnx');
    layOut(file, join(dirname(GRAPH), '..', folder, 'model.onnx'), true);
    return onnxFile(file, { root });
  }
  const file = join(root, 'weights.safetensors');
  const sparse = sparseWeights(file, {
    type: way === 'F16' ? 'float16' : 'float32',
    first: 'conv_in.weight',
  });
  const write = () => unet2DCondition(sparse, CONFIGS[family]);
  write();
  sparse.close();
  if (way === 'F32') fill(file, sparse.bytes);
  return { file, load: () => ({ ...write(), files: [file] }), files: () => [file], also: 'bench' };
}

/** Now; what was most is counted anew from here on. */
function resident(): number {
  countAnew();
  return held().resident;
}

function inWords({ family, network, way, fused, side, calls = [] }: Asked): string {
  const call = ({ frames, branches, bank, joint: together }: Call) =>
    `${branches === 2 ? 'guided' : 'not guided'}${together ? `, ${frames} frames jointly` : bank > 0 ? `, ${bank} bank frames` : ''}`;
  const last = calls.at(-1);
  return `${NAMES[family]} ${FOLDERS[network]}, ${way}${fused ? ', fused' : ''}, ${side}²${last ? `, ${call(last)}` : ''}`;
}

async function measured(grid: readonly Asked[], say: Say) {
  const data: Measured[] = [];
  for (const asked of grid) {
    say(inWords(asked));
    data.push(await inChild<Measured>(import.meta.filename, JSON.stringify(asked)));
  }
  return { rows: data.map(rowOf), data };
}

const rowOf = (one: Measured): Row => [
  inWords(one),
  `${gigabytes(one.foretold)} foretold, ${gigabytes(one.peak)} measured, × ${(one.foretold / one.peak).toFixed(2)}`,
  '0.85 to 1.15',
];

const absent = { rows: [['memory foretold', ABSENT, '']] as const, data: null };

export const foretold: Measure = {
  id: 'foretold',
  title: 'memory foretold over measured',
  seconds: 45,
  default: true,
  memory: 6e9,
  run: async (say) => (existsSync(GRAPH) ? measured(SHORT, say) : absent),
};

export const foretoldGrid: Measure = {
  id: 'foretold-grid',
  title: 'memory foretold over measured, by size, call and file',
  seconds: 600,
  default: false,
  memory: 14e9,
  run: async (say) => (existsSync(GRAPH) ? measured(GRID, say) : absent),
};

await answer(import.meta.filename, measure);
