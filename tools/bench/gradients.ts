/**
 * A call of Stable Diffusion 1.5's UNet forwards, and the same followed back to its latent: time and memory. Weights are random; every
 * measurement has a process of its own, in turn, so that a busy moment of the machine meets both.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chooseSession, weightsInFile } from '../../src/main/engine/models/session-choice.ts';
import { SessionRecorder } from '../../src/main/engine/onnx/grad/session-recorder.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { createSession, type Feed } from '../../src/main/engine/onnx/ort.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { answer, inChild, inFolder } from './child.ts';
import { ABSENT, GRAPH, layOut } from './load.ts';
import type { Measure, Row, Say } from './measure.ts';
import { countAnew, held } from './process-memory.ts';
import { gigabytes } from './units.ts';

const SIDES = [256, 512];
const RUNS = 2;
const FACTOR = 8;
const OUTPUT = 'out_sample';

type Way = 'forward' | 'both';

interface Measured {
  /** Seconds of the second call. */
  readonly seconds: number;
  /** Bytes of the process, most and before. */
  readonly peak: number;
  readonly own: number;
}

/** In the child. */
async function measure(way: string, file: string, pixels: string): Promise<Measured> {
  const side = Number(pixels) / FACTOR;
  const { model, folder } = loadGraph(file, { root: join(file, '..', '..') });
  const choice = chooseSession(weightsInFile({ source: { also: undefined }, graph: { model } }), {
    provider: 'cpu',
    memory: 'auto',
  });
  const open = (of: Model | Uint8Array, asItStands: boolean) =>
    createSession(of, { ...choice, provider: 'cpu', folder, label: 'the UNet', asItStands });
  const feeds = {
    sample: noise([1, 4, side, side]),
    timestep: { type: 'int64', dims: [], data: BigInt64Array.of(500n) },
    encoder_hidden_states: noise([1, 77, 768]),
  } satisfies Record<string, Feed>;
  const graph = serializeModel(model);
  countAnew();
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, held().own)), 50);
  const forward =
    way === 'forward' ? await open(graph, false) : { run: () => Promise.reject(new Error('whole')) };
  const recorder = new SessionRecorder({ graph, label: 'the UNet', forward, open });
  const call = async () => {
    const start = performance.now();
    if (way === 'forward') await forward.run(feeds, [OUTPUT]);
    else {
      const made = await recorder.record(feeds, [OUTPUT], ['sample']);
      await made.pull({ [OUTPUT]: noise([1, 4, side, side]).data }, ['sample']);
    }
    most = Math.max(most, held().own);
    return (performance.now() - start) / 1000;
  };
  await call();
  const seconds = await call();
  clearInterval(watch);
  return { seconds, peak: held().peak, own: most };
}

function noise(dims: readonly number[]) {
  const count = dims.reduce((all, side) => all * side, 1);
  return {
    type: 'float32',
    dims,
    data: Float32Array.from({ length: count }, (_, i) => Math.sin(1.7 * i)),
  } as const;
}

async function measureSide(file: string, side: number, say: Say) {
  const best = new Map<Way, Measured>();
  for (let run = 0; run < RUNS; run++)
    for (const way of ['forward', 'both'] as const) {
      say(`${side}², ${way}, run ${run + 1} of ${RUNS}`);
      const now = await inChild<Measured>(import.meta.filename, way, file, String(side));
      const before = best.get(way);
      if (!before || now.seconds < before.seconds) best.set(way, now);
    }
  return { side, forward: best.get('forward')!, both: best.get('both')! };
}

type Side = Awaited<ReturnType<typeof measureSide>>;

const rowsOf = ({ side, forward, both }: Side): Row[] => [
  [
    `SD 1.5 UNet forwards and back, ${side}²`,
    `${both.seconds.toFixed(1)} s, × ${(both.seconds / forward.seconds).toFixed(2)} of forwards`,
    '≤ 4.5',
  ],
  [
    `its process at most, ${side}² (forwards alone)`,
    `${gigabytes(both.peak)} (${gigabytes(forward.peak)})`,
    side === 512 ? '≤ 16 GB' : '',
  ],
];

async function measured(sides: readonly number[], say: Say) {
  return inFolder(async (root) => {
    const file = join(root, 'unet', 'model.onnx');
    say('writing 3.4 GB of weights');
    layOut(file, GRAPH, true);
    const data: Side[] = [];
    for (const side of sides) data.push(await measureSide(file, side, say));
    return { rows: data.flatMap(rowsOf), data };
  });
}

const absent = { rows: [['gradients', ABSENT, '']] as const, data: null };

export const gradients: Measure = {
  id: 'gradients',
  title: 'a call followed backwards at SD 1.5 size',
  seconds: 300,
  default: false,
  memory: 12e9,
  run: async (say) => (existsSync(GRAPH) ? measured(SIDES, say) : absent),
};

await answer(import.meta.filename, measure);
