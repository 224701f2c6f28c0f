/**
 * What one call of the network takes by how many frames go together and what they attend to: processor time per frame over
 * that of one by one, and memory, measured over foretold. Guided; each model and kind has a process of its own, of one
 * thread, whose time does not depend on what else the machine does.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Features, PredictInput } from '../../src/main/engine/diffusion/types.ts';
import { unetCalls } from '../../src/main/engine/models/memory/unet-calls.ts';
import { openRead } from '../../src/main/engine/models/model.ts';
import { readModel } from '../../src/main/engine/models/read-model.ts';
import { unet } from '../../src/main/engine/models/roles/unet.ts';
import { onnxFile } from '../../src/main/engine/models/source.ts';
import { answer, inChild, inFolder } from './child.ts';
import { ABSENT, GRAPH, layOut } from './load.ts';
import type { Measure, Row, Say } from './measure.ts';
import { countAnew, held } from './process-memory.ts';
import { megabytes } from './units.ts';

interface Asked {
  readonly frames: number;
  readonly bank: number;
  readonly joint: boolean;
}

interface PassMeasured extends Asked {
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

/** Those of which memory says most, where a call takes long. */
const WEIGHTY = ASKED.filter(({ frames }) => frames !== 2);

const FACTOR = 8;

interface Model {
  readonly name: string;
  /** How often each is called. */
  readonly calls: number;
  readonly file: string;
  /** Of the latent. */
  readonly side: number;
}

/** In the child. */
async function measure(json: string): Promise<PassMeasured> {
  const { model, asked } = JSON.parse(json) as { model: Model; asked: Asked };
  const { name, file, side, calls } = model;
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
  const base = held().resident;
  countAnew();
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
  const bytes = held().peak - base;
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
  const { sites, residuals } = network.functions;
  const call = { ...asked, branches: 2, self: asked.bank === 0 };
  // Those that lend went through by themselves before.
  const own = { frames: 1, branches: 2, bank: 0, self: true, joint: false };
  const made = asked.bank > 0 ? [own, call] : [call];
  const latent = { height: side, width: side };
  const foretold = unetCalls(
    {
      network: network.memory(),
      shallow: null,
      recorded: null,
      learnt: [],
      deepChannels: 0,
      io,
      sites,
      residuals,
    },
    latent,
    [],
  ).calls(made);
  return { model: name, ...asked, alone, together, bytes, foretold };
}

async function measuredAll(model: Model, asked: readonly Asked[], say: Say): Promise<PassMeasured[]> {
  const all: PassMeasured[] = [];
  for (const one of asked) {
    say(`${model.name}, ${inWords(one)}`);
    all.push(await inChild<PassMeasured>(import.meta.filename, JSON.stringify({ model, asked: one })));
  }
  return all;
}

const inWords = ({ frames, joint, bank }: Asked) =>
  `${frames} frames in a call${joint ? ', joint' : ''}, bank of ${bank}`;

const rowOf = (one: PassMeasured): Row => [
  `${one.model}, ${inWords(one)}`,
  `${(one.alone * 1000).toFixed(1)} ms alone, × ${(one.together / one.alone).toFixed(2)} a frame, ` +
    `${megabytes(one.bytes)}, × ${(one.bytes / one.foretold).toFixed(2)} of what was foretold`,
  one.bytes > 1e8 ? '0.85 to 1.15 of foretold' : '',
];

/** Of the model that comes with Retake: at the size it was made for, and at one where memory counts. */
export const passes: Measure = {
  id: 'passes',
  title: 'frames that go together through the demo model',
  seconds: 42,
  default: true,
  async run(say) {
    const folder = resolve(import.meta.dirname, '../../resources/demo/bundle/unet');
    const model = { file: join(folder, 'model.onnx') };
    const small = { ...model, name: 'demo, 128²', side: 128 / FACTOR, calls: 20 };
    const large = { ...model, name: 'demo, 384²', side: 384 / FACTOR, calls: 2 };
    const data = [...(await measuredAll(small, ASKED, say)), ...(await measuredAll(large, WEIGHTY, say))];
    return { rows: data.map(rowOf), data };
  },
};

export const largePasses: Measure = {
  id: 'passes-sd15',
  title: 'frames that go together through the SD 1.5 graph',
  seconds: 600,
  default: false,
  memory: 12e9,
  async run(say) {
    if (!existsSync(GRAPH)) return { rows: [['SD 1.5 graph, frames together', ABSENT, '']], data: null };
    return inFolder(async (root) => {
      const file = join(root, 'unet', 'model.onnx');
      layOut(file);
      const model = { name: 'SD 1.5, 256²', file, side: 256 / FACTOR, calls: 2 };
      const data = await measuredAll(model, ASKED, say);
      return { rows: data.map(rowOf), data };
    });
  },
};

await answer(import.meta.filename, measure);
