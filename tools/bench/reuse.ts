/**
 * What it costs and saves to run the whole network in some steps only (DeepCache, Ma, Fang, Wang 2024): on the shipped model and clip
 * the seconds inside the network's calls while sampling, and the PSNR of the pictures to those of the full render; at Stable Diffusion
 * 1.5 size, over a sparse file of zeros, what a call of the outermost layers takes of a whole one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import type { PredictInput } from '../../src/main/engine/diffusion/types.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { psnr8 } from '../../src/main/engine/metrics/psnr.ts';
import { openRead } from '../../src/main/engine/models/model.ts';
import { readModel } from '../../src/main/engine/models/read-model.ts';
import { unet } from '../../src/main/engine/models/roles/unet.ts';
import { onnxFile } from '../../src/main/engine/models/source.ts';
import { createProgressMeter } from '../../src/main/engine/progress.ts';
import { CheckpointFile } from '../../src/main/engine/render/checkpoint-file.ts';
import type { RenderContext } from '../../src/main/engine/render/context.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { answer, inChild, inFolder } from './child.ts';
import { ABSENT, GRAPH, layOut } from './load.ts';
import type { Measure, Row } from './measure.ts';
import { held } from './process-memory.ts';
import { gigabytes } from './units.ts';

const DEMO = resolve(import.meta.dirname, '../../resources/demo');
const METHODS = ['pix2video', 'mix', 'sdedit', 'controlvideo', 'two-stages'];
const EVERY = [2, 3, 5];
const FRAMES = 6;

interface Rendered {
  readonly method: string;
  readonly every: number;
  readonly calls: number;
  readonly shallow: number;
  /** Inside the network's calls. */
  readonly seconds: number;
  /** Of all frames together to the full render, dB; null for the full render itself. */
  readonly psnr: number | null;
}

export const reuse: Measure = {
  id: 'reuse',
  title: 'reuse between steps, demo model',
  seconds: 330,
  default: false,
  run: (say) =>
    inFolder(async (dir) => {
      const warn = (line: string) => console.error(line);
      const cache = new ArtefactStore(join(dir, 'cache.sqlite'), { limitBytes: 1e9, onWarning: warn });
      const made: Rendered[] = [];
      try {
        for (const method of METHODS) {
          let full: Float32Array | null = null;
          for (const every of [1, ...EVERY]) {
            say(`${method}, whole network every ${every}`);
            const { pictures, ...row } = await rendered(method, every, dir, cache);
            made.push({ ...row, psnr: full && psnr8(full, pictures) });
            full ??= pictures;
          }
        }
      } finally {
        cache.close();
      }
      return { rows: made.flatMap((one) => rowOf(one, made)), data: made };
    }),
};

function rowOf({ method, every, calls, shallow, seconds, psnr }: Rendered, all: readonly Rendered[]): Row[] {
  if (psnr === null) return [];
  const full = all.find((one) => one.method === method && one.every === 1)!;
  const time = `× ${(seconds / full.seconds).toFixed(2)} of the time`;
  const work = `${calls - shallow} whole and ${shallow} shallow calls`;
  return [[`reuse, ${method}, every ${every}`, `${time}, ${psnr.toFixed(1)} dB, ${work}`, '']];
}

async function rendered(method: string, every: number, dir: string, cache: ArtefactStore) {
  const { settings: shipped, edits } = JSON.parse(readFileSync(join(DEMO, 'demo.json'), 'utf8'));
  const settings = parseSettings({
    source: { clip: join(DEMO, 'clip.mp4'), range: { start: 0, end: FRAMES } },
    model: { bundle: join(DEMO, 'bundle'), provider: 'cpu' },
    prompts: { ...shipped.prompts, ...edits[0].settings.prompts },
    method: { id: method },
    sampling: { steps: 25, guidance: 1.5, reuse: every },
    output: { path: join(dir, 'take.mov') },
  });
  const context: RenderContext = {
    ...{ job: 'bench', cache, warnings: [], warn: () => {}, signal: new AbortController().signal },
    probe: rememberingProbe(),
    checkpoint: new CheckpointFile(dir, `${method}-${every}`),
    progress: createProgressMeter(() => {}),
  };
  await using shot = await prepareShot(settings, context, false);
  const made = await derive(shot, context);
  const before = shot.bundle.runSeconds.unet;
  const { latents, unetCalls: calls, unetShallow: shallow } = await sampleShot(shot, made, context);
  const seconds = shot.bundle.runSeconds.unet - before;
  const size = 3 * shot.fit.width * shot.fit.height;
  const pictures = new Float32Array(latents.length * size);
  for (const [i, latent] of latents.entries())
    pictures.set(await shot.bundle.decode(latent, shot.shape), i * size);
  return { method, every, calls, shallow, seconds, pictures };
}

interface LargeCalls {
  /** Guided, beside the features of two frames. */
  readonly whole: number;
  readonly shallow: number;
  /** Resident at most, bytes: after the whole calls, and after all. */
  readonly peakWhole: number;
  readonly peak: number;
}

export const largeReuse: Measure = {
  id: 'reuse-512',
  title: 'a call of the outermost layers, SD 1.5 graph at 512²',
  seconds: 100,
  default: false,
  memory: 8e9,
  async run(say) {
    const name = 'SD 1.5 graph at 512², outermost layers';
    if (!existsSync(GRAPH)) return { rows: [[name, ABSENT, '']], data: null };
    say('whole calls, then shallow ones');
    return inFolder(async (root) => {
      const file = join(root, 'unet', 'model.onnx');
      layOut(file);
      // As it is chosen at this size; written out, both sessions together would take over 17 GB.
      const data = await inChild<LargeCalls>(import.meta.filename, file, '512');
      const { whole, shallow, peakWhole, peak } = data;
      const time = `${shallow.toFixed(1)} s beside ${whole.toFixed(1)} s (× ${(shallow / whole).toFixed(2)})`;
      const rows: Row[] = [[name, `${time}, ${gigabytes(peak)} at most beside ${gigabytes(peakWhole)}`, '']];
      return { rows, data };
    });
  },
};

/** In the child. */
async function measure(file: string, pixels: string): Promise<LargeCalls> {
  const read = readModel(unet, onnxFile(file, { root: join(file, '..', '..') }), {});
  const variant = {
    sites: 'decoder',
    reuse: true,
    fused: 'MultiHeadAttention',
  } as const;
  const model = await openRead(unet, read, { variant, name: 'the bench', provider: 'cpu' });
  const side = Number(pixels) / 8;
  const predict = model.functions.predict({ channels: 4, height: side, width: side }, () => {});
  const latent = new Float32Array(4 * side * side).fill(0.5);
  const text = { hidden: new Float32Array(77 * 768), tokens: 77, dim: 768 };
  const call = async (how: Pick<PredictInput, 'attention' | 'deep' | 'keepDeep'>) => {
    const before = model.runSeconds;
    const [made] = await predict([{ latent, timestep: 500, branches: [text, text], capture: true, ...how }]);
    return { made: made!, seconds: model.runSeconds - before };
  };
  const peak = () => held().peak;
  const lent = ({ made }: Awaited<ReturnType<typeof call>>) => {
    return { bank: [made.features!, made.features!], self: false };
  };
  const first = await call({ keepDeep: true });
  const { deep } = first.made;
  const wholes = [
    await call({ attention: lent(first), keepDeep: true }),
    await call({ attention: lent(first), keepDeep: true }),
  ];
  const peakWhole = peak();
  const alone = await call({ deep: deep! });
  const shallows = [
    await call({ attention: lent(alone), deep: deep! }),
    await call({ attention: lent(alone), deep: deep! }),
  ];
  const best = (calls: readonly { readonly seconds: number }[]) =>
    Math.min(...calls.map(({ seconds }) => seconds));
  const report = { whole: best(wholes), shallow: best(shallows), peakWhole, peak: peak() };
  await model.close();
  return report;
}

await answer(import.meta.filename, measure);
