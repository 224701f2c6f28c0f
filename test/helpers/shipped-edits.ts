/** Edits of the clip that comes with Retake, by the models that come with it, up to the latents before decoding. */
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Cancelled } from '../../src/common/errors.ts';
import { kinds } from '../../src/main/engine/artefacts/kinds.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import type { Latent } from '../../src/main/engine/diffusion/types.ts';
import { tunedIn } from '../../src/main/engine/make/tuned.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { createProgressMeter } from '../../src/main/engine/progress.ts';
import { CheckpointFile } from '../../src/main/engine/render/checkpoint-file.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { type Short, settingsWith } from './job-settings.ts';

const demo = resolve(import.meta.dirname, '../../resources/demo');
const FIRST = 8;
const LAST = FIRST + 3;
const CHECKPOINT_PAUSE_MS = 2000;
/** As the edit with its anchor in the middle: small differences show. */
const STRONG = { anchor: FIRST + 1, guidance: 7.5 };
/** Moves across the clip, 256 by 256, while the shot lasts. */
const ELLIPSE = {
  ...{ invert: false, grow: 0, feather: 8 },
  parts: [
    {
      ...{ id: 'ball', mode: 'add', kind: 'ellipse' },
      keys: [
        { frame: FIRST, x: 60, y: 70, width: 110, height: 110, angle: 0 },
        { frame: LAST, x: 90, y: 70, width: 110, height: 110, angle: 0 },
      ],
    },
  ],
};

export interface ShippedEdit {
  readonly name: string;
  readonly request: Short;
  /** The run is ended by hand when this many frames were visited, and resumed. */
  readonly stopAfter?: number;
}

/** In this order, on one cache: the second reuses the inversions of the first. */
export const shippedEdits: readonly ShippedEdit[] = [
  { name: 'pix2video, anchor first', request: {} },
  {
    name: 'pix2video, another prompt from the cache',
    request: { prompt: 'a blue matte ball rolling across a green meadow' },
  },
  { name: 'pix2video, anchor in the middle', request: { anchor: FIRST + 1, guidance: 7.5 } },
  {
    name: 'pix2video, anchor last, stopped and resumed',
    request: { anchor: LAST, guidance: 3 },
    stopAfter: 6,
  },
  { name: 'mix', request: { method: 'mix', params: { w: '0.8,0.4' } } },
  { name: 'sdedit', request: { method: 'sdedit', seed: 3 } },
  { name: 'img2img, guidance 1', request: { method: 'img2img', guidance: 1 } },
  { name: 'img2img, euler, karras', request: { method: 'img2img', solver: 'euler', schedule: 'karras' } },
  { name: 'mix, keep, refined', request: { method: 'mix', keep: 0.5, refinement: 2, inversion: 'lower' } },
  { name: 'pix2video, depth', request: { bundle: join(demo, 'depth-bundle'), guidance: 1 } },
  { name: 'pix2video, two anchors', request: { ...STRONG, guide: { anchors: [LAST] } } },
  { name: 'pix2video, sparse-causal', request: { ...STRONG, params: { attention: 'sparse-causal' } } },
  { name: 'mix along the motion', request: { ...STRONG, method: 'mix', params: { motion: 'follow' } } },
  { name: 'two-stages', request: { method: 'two-stages', params: { every: 3, strength: 0.5 } } },
  { name: 'controlvideo', request: { method: 'controlvideo' } },
  { name: 'vidrd', request: { ...STRONG, method: 'vidrd', params: { clip: 2, promptFrames: 1 } } },
  { name: 'text2video-zero', request: { method: 'text2video-zero', seed: 3 } },
  { name: 'pix2video, masked', request: { guide: { mask: ELLIPSE } } },
  { name: 'sdedit, masked', request: { method: 'sdedit', seed: 3, guide: { mask: ELLIPSE } } },
];

export interface ShippedLatents {
  readonly name: string;
  readonly latents: readonly Latent[];
  /** Network calls: of inversion, of its check, of sampling (with those made before it was stopped). */
  readonly calls: readonly [number, number, number];
  /** Visited frames that the checkpoint spared; 0 where nothing was resumed. */
  readonly resumedAfter: number;
  /** Null where nothing is learnt. */
  readonly learnt: Pick<ReturnType<typeof tunedIn>, 'losses' | 'weights'> | null;
}

/** Renders all of them; `dir` is an empty folder for cache and checkpoints. */
export const renderShippedEdits = (dir: string) => renderEdits(dir, shippedEdits);

/** Renders edits of the same clip one after the other, on one cache. */
export async function renderEdits(dir: string, edits: readonly ShippedEdit[]): Promise<ShippedLatents[]> {
  const cache = new ArtefactStore(join(dir, 'cache.sqlite'), { limitBytes: 1 << 30, onWarning: () => {} });
  try {
    const rendered: ShippedLatents[] = [];
    for (const edit of edits) {
      if (edit.stopAfter)
        await renderOne(edit, { dir, cache, stopAfter: edit.stopAfter }).catch(onlyCancelled);
      rendered.push(await renderOne(edit, { dir, cache, stopAfter: null }));
    }
    return rendered;
  } finally {
    cache.close();
  }
}

async function renderOne(
  { name, request }: ShippedEdit,
  { dir, cache, stopAfter }: { dir: string; cache: ArtefactStore; stopAfter: number | null },
): Promise<ShippedLatents> {
  const settings = settingsWith({
    clip: join(demo, 'clip.mp4'),
    bundle: join(demo, 'bundle'),
    out: join(dir, 'take.mov'),
    range: { start: FIRST, end: LAST + 1 },
    sourcePrompt: 'a red matte ball rolling across a green meadow',
    prompt: 'a red matte ball rolling across desert dunes',
    guidance: 1.5,
    steps: 4,
    size: 64,
    anchor: FIRST,
    refinement: 0,
    provider: 'cpu',
    ...request,
  });
  const abort = new AbortController();
  let visits = 0;
  const context = {
    job: 'test',
    probe: rememberingProbe(),
    cache,
    checkpoint: new CheckpointFile(dir, name.replace(/\W+/g, '-')),
    signal: abort.signal,
    progress: createProgressMeter(() => {}),
    warn: () => {},
    warnings: [],
    async onGlimpse() {
      visits++;
      // Checkpoints keep a distance in time: with a pause before, this visit is sure to leave one.
      if (visits === stopAfter) await setTimeout(CHECKPOINT_PAUSE_MS);
      else if (stopAfter !== null && visits > stopAfter) abort.abort();
    },
  };
  await using shot = await prepareShot(settings, context);
  const made = await derive(shot, context);
  const sampled = await sampleShot(shot, made, context);
  const { unetCalls, checkUnetCalls } = made.inversion;
  const { resumedFrom } = sampled;
  const before = resumedFrom ? resumedFrom.step * shot.frames + resumedFrom.visit : 0;
  return {
    name,
    latents: sampled.latents,
    calls: [unetCalls, checkUnetCalls, before + sampled.unetCalls],
    resumedAfter: before,
    learnt: made.tuned && tunedIn(cache.get(kinds.tuned, made.tuned.key)!.value),
  };
}

function onlyCancelled(error: unknown): void {
  if (!(error instanceof Cancelled)) throw error;
}

/** What the last bits of the numbers depend on besides Retake. */
export function processor(): string {
  return `${process.platform} ${process.arch} ${cpus()[0]?.model ?? ''}`.trim();
}
