/**
 * What settings that spare calls of the network cost in likeness: takes of the clip that comes with Retake, by its own model
 * and prompts, against the take of the same settings without them; and their processor time over that one's.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type EditSettings, parseSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { pooledPsnr } from '../../src/main/engine/metrics/psnr.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { contextWith } from '../../test/helpers/prepared.ts';
import { inFolder } from './child.ts';
import type { Measure, Row, Say } from './measure.ts';

const DEMO = resolve(import.meta.dirname, '../../resources/demo');
const MODEL = join(DEMO, 'bundle');
const FRAMES = 4;
const STEPS = 25;
const EDITS = ['desert', 'blue'];
/** The model's own, and that of Stable Diffusion. */
const GUIDANCES = [1.5, 7.5];

interface Way {
  readonly name: string;
  readonly sampling: Partial<EditSettings['sampling']>;
}

const guided = (from: number, to: number): Way => ({
  name: `guided steps ${100 * from} to ${100 * to} %`,
  sampling: { guidanceRange: { from, to } },
});

/** Beside the whole. */
const WAYS: readonly Way[] = [
  guided(0, 0.8),
  guided(0, 0.6),
  guided(0, 0.4),
  guided(0, 0.2),
  guided(0.2, 0.8),
  guided(0.2, 1),
  guided(0.4, 1),
  { name: 'guidance 1', sampling: { guidance: 1 } },
];

interface Take {
  readonly branches: number;
  /** Processor seconds of sampling. */
  readonly seconds: number;
  /** RGB 0..1 of the canvas. */
  readonly pictures: readonly Float32Array[];
}

interface Compared {
  readonly guidance: number;
  readonly name: string;
  /** Of the rows that go through the network, over all edits; and of processor time. */
  readonly saved: number;
  readonly time: number;
  /** 8 bit, dB, by edit. */
  readonly psnr: readonly number[];
}

async function take(settings: EditSettings, store: ArtefactStore, dir: string): Promise<Take> {
  const context = contextWith({ dir, store });
  await using shot = await prepareShot(settings, context, false);
  const made = await derive(shot, context);
  const began = process.cpuUsage();
  const { latents, unetBranches } = await sampleShot(shot, made, context);
  const { user, system } = process.cpuUsage(began);
  await context.checkpoint.remove();
  const pictures: Float32Array[] = [];
  for (const latent of latents) pictures.push(await shot.bundle.decode(latent, shot.shape));
  return { branches: unetBranches, seconds: (user + system) / 1e6, pictures };
}

function psnrOf(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  const errors = a.map((picture, frame) => {
    const other = b[frame]!;
    const sum = picture.reduce(
      (all, value, i) => all + (Math.round(255 * value) - Math.round(255 * other[i]!)) ** 2,
      0,
    );
    return { sum, count: picture.length };
  });
  return pooledPsnr(errors)!;
}

/** What the demo says of its edits, as far as this reads it. */
interface Demo {
  readonly settings: { readonly prompts: { readonly source: string } };
  readonly edits: readonly { readonly name: string; readonly settings: { readonly prompts: object } }[];
}

async function compare(store: ArtefactStore, dir: string, guidance: number, say: Say): Promise<Compared[]> {
  const demo = JSON.parse(readFileSync(join(DEMO, 'demo.json'), 'utf8')) as Demo;
  const settingsOf = (edit: string, sampling: Way['sampling']) =>
    parseSettings({
      source: { clip: join(DEMO, 'clip.mp4'), range: { start: 8, end: 8 + FRAMES } },
      model: { bundle: MODEL, provider: 'cpu' },
      prompts: {
        ...demo.settings.prompts,
        ...(demo.edits.find(({ name }) => name === edit)!.settings.prompts as { target: string }),
      },
      sampling: { steps: STEPS, guidance, ...sampling },
      guide: { anchor: 8 },
      output: { path: join(dir, 'take.mov') },
    });
  const takes = async (way: Way) => {
    const made: Take[] = [];
    for (const edit of EDITS) {
      say(`guidance ${guidance}, ${way.name}, ${edit}`);
      made.push(await take(settingsOf(edit, way.sampling), store, dir));
    }
    return made;
  };
  const sum = (list: readonly Take[], of: (one: Take) => number) =>
    list.reduce((all, one) => all + of(one), 0);
  const whole = await takes({ name: 'the whole', sampling: {} });
  const compared: Compared[] = [];
  for (const way of WAYS) {
    const made = await takes(way);
    const share = (of: (one: Take) => number) => sum(made, of) / sum(whole, of);
    compared.push({
      ...{ guidance, name: way.name },
      saved: 1 - share(({ branches }) => branches),
      time: share(({ seconds }) => seconds),
      psnr: made.map(({ pictures }, i) => psnrOf(pictures, whole[i]!.pictures)),
    });
  }
  return compared;
}

const rowOf = ({ guidance, name, saved, time, psnr }: Compared): Row => [
  `guidance ${guidance}, ${name}`,
  `${(100 * saved).toFixed(0)} % of the calls saved, × ${time.toFixed(2)} processor time, ` +
    `${psnr.map((one) => one.toFixed(1)).join(' and ')} dB to the whole`,
  '',
];

export const fewerCalls: Measure = {
  id: 'fewer-calls',
  title: 'takes with fewer calls against whole ones',
  seconds: 180,
  default: false,
  run: (say) =>
    inFolder(async (dir) => {
      const store = new ArtefactStore(join(dir, 'cache.sqlite'), { limitBytes: 1e9, onWarning: say });
      try {
        const data: Compared[] = [];
        for (const guidance of GUIDANCES) data.push(...(await compare(store, dir, guidance, say)));
        return { rows: data.map(rowOf), data };
      } finally {
        store.close();
      }
    }),
};
