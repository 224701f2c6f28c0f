/**
 * What one call of the network takes by how many frames go together and what they attend to: processor time per frame over
 * that of one by one, and memory, measured over foretold. Guided; each model and kind has a process of its own, of one
 * thread, whose time does not depend on what else the machine does.
 *
 *     npx node tools/bench/passes.ts [side in pixels, for a model of Stable Diffusion 1.5's size]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { table } from '../../src/main/cli/text.ts';
import type { Features, PredictInput } from '../../src/main/engine/diffusion/types.ts';
import { callBytes } from '../../src/main/engine/models/memory.ts';
import { openRead, readModel } from '../../src/main/engine/models/model.ts';
import { unet } from '../../src/main/engine/models/roles/unet.ts';
import type { UnetConfig } from '../../src/main/engine/models/roles/unet-io.ts';
import { onnxFile } from '../../src/main/engine/models/source.ts';
import { GRAPH, layOut } from './load.ts';

export interface Asked {
  readonly frames: number;
  readonly bank: number;
  readonly joint: boolean;
}

export interface Measured extends Asked {
  readonly model: string;
  /** Processor seconds, in one thread, of a frame alone and of one of a call: the best of some, taken in turn. */
  readonly alone: number;
  readonly together: number;
  /** The most above what the process held before, bytes; and what was foretold. */
  readonly bytes: number;
  readonly foretold: number;
}

const ASKED: readonly Asked[] = [
  { frames: 1, bank: 0, joint: false },
  { frames: 2, bank: 0, joint: false },
  { frames: 4, bank: 0, joint: false },
  { frames: 1, bank: 2, joint: false },
  { frames: 2, bank: 2, joint: false },
  { frames: 1, bank: 4, joint: false },
  { frames: 2, bank: 0, joint: true },
  { frames: 4, bank: 0, joint: true },
];

const FACTOR = 8;

interface Model {
  readonly name: string;
  /** How often each is called. */
  readonly calls: number;
  readonly file: string;
  readonly configFile: string;
  /** Of the latent. */
  readonly side: number;
}

function measured(model: Model, asked: Asked): Measured {
  const args = [import.meta.filename, 'measure', JSON.stringify({ model, asked })];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured;
}

/** In the child. */
async function measure({ name, file, configFile, side, calls }: Model, asked: Asked): Promise<Measured> {
  const read = readModel(unet, onnxFile(file, { root: join(file, '..', '..') }), {});
  const { io } = read;
  const network = await openRead(unet, read, {
    variant: { sites: 'all', joint: true },
    name: 'the bench',
    provider: 'cpu',
    threads: 1,
  });
  const predictAt = (height: number) =>
    network.functions.predict({ channels, height, width: height }, () => {});
  const channels = io.outChannels!;
  const text = { hidden: new Float32Array(77 * io.hiddenDim!), tokens: 77, dim: io.hiddenDim! };
  const inputOf = (length: number): PredictInput => ({
    latent: new Float32Array(channels * length * length).fill(0.5),
    structure: new Float32Array((io.inChannels - channels) * length * length),
    timestep: 500,
    branches: [text, text],
    capture: true,
  });
  // Touches every weight, so that the measured calls load none.
  await predictAt(8)([inputOf(8)]);
  const base = resident();
  writeFileSync('/proc/self/clear_refs', '5');
  const predict = predictAt(side);
  let features: Features | undefined;
  if (asked.bank > 0) features = (await predict([inputOf(side)]))[0]!.features;
  const attention = features && { bank: Array<Features>(asked.bank).fill(features), self: false };
  const inputs = Array.from({ length: asked.frames }, () => ({
    ...inputOf(side),
    ...(attention && { attention }),
  }));
  // The runtime holds more from the second call of a size on.
  for (let call = 0; call < 2; call++) await predict(inputs, asked.joint);
  const bytes = peak() - base;
  let [alone, together] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const timed = async (some: readonly PredictInput[]) => {
    const began = process.cpuUsage();
    await predict(some, asked.joint);
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e6 / some.length;
  };
  for (let call = 0; call < calls; call++) {
    alone = Math.min(alone, await timed(inputs.slice(0, 1)));
    together = Math.min(together, await timed(inputs));
  }
  const { siteChannels } = network.functions;
  const config = JSON.parse(readFileSync(configFile, 'utf8')) as UnetConfig;
  const size = { config, batch: io.fixed.batch, siteChannels };
  const call = { ...asked, branches: 2, self: asked.bank === 0 };
  // Those that lend went through by themselves before.
  const own = { frames: 1, branches: 2, bank: 0, self: true, joint: false };
  const made = asked.bank > 0 ? [own, call] : [call];
  const latent = { height: side, width: side };
  const foretold = made.reduce((sum, one) => sum + callBytes(size, latent, one), 0);
  return { model: name, ...asked, alone, together, bytes, foretold };
}

const status = (key: string) =>
  Number(new RegExp(`${key}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;
const resident = () => status('VmRSS');
const peak = () => status('VmHWM');

function measuredAll(model: Model): Measured[] {
  return ASKED.map((asked) => {
    const one = measured(model, asked);
    // Minutes each at Stable Diffusion's size: whoever waits sees how it goes.
    console.error(rowOf(one).join('  '));
    return one;
  });
}

export const HEAD = [
  'model',
  'frames',
  'bank',
  'a frame alone',
  'together over alone',
  'memory',
  'over foretold',
];

export function rowOf({ model, frames, bank, joint, alone, together, bytes, foretold }: Measured): string[] {
  return [
    model,
    `${frames}${joint ? ', joint' : ''}`,
    String(bank),
    `${(alone * 1000).toFixed(1)} ms`,
    (together / alone).toFixed(2),
    `${(bytes / 2 ** 20).toFixed(0)} MB`,
    (bytes / foretold).toFixed(2),
  ];
}

/** Null where the trial data is absent. At 256² it takes 10 GB and many minutes. */
export function benchLargePasses(side: number): readonly Measured[] | null {
  if (!existsSync(GRAPH)) return null;
  const root = mkdtempSync(join(tmpdir(), 'retake-bench-passes-'));
  try {
    const file = join(root, 'unet', 'model.onnx');
    layOut(file);
    return measuredAll({
      name: `SD 1.5, ${side}²`,
      file,
      configFile: join(GRAPH, '../config.json'),
      side: side / FACTOR,
      calls: 2,
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Of the model that comes with Retake: at the size it was made for, and at one where memory counts. */
export function benchPasses(): readonly Measured[] {
  const folder = resolve(import.meta.dirname, '../../resources/demo/bundle/unet');
  const model = { file: join(folder, 'model.onnx'), configFile: join(folder, 'config.json') };
  return [
    ...measuredAll({ ...model, name: 'demo, 128²', side: 128 / FACTOR, calls: 20 }),
    ...measuredAll({ ...model, name: 'demo, 384²', side: 384 / FACTOR, calls: 2 }),
  ];
}

if (process.argv[1] === import.meta.filename) {
  const [first, json] = process.argv.slice(2);
  if (first === 'measure') {
    const { model, asked } = JSON.parse(json!) as { model: Model; asked: Asked };
    process.stdout.write(JSON.stringify(await measure(model, asked)));
  } else {
    const all = first === undefined ? benchPasses() : benchLargePasses(Number(first));
    console.log(table([HEAD, ...(all ?? []).map(rowOf)]));
  }
}
