/**
 * Speeds before the first render: a network is loaded for one frame and some of its calls are timed. A small one by itself; a
 * large one would take minutes and gigabytes that nobody asked for, so that is done when the artist asks.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Cancelled, throwIfCancelled } from '../../../common/errors.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { sharedNoise } from '../diffusion/noise.ts';
import type { PredictInput } from '../diffusion/types.ts';
import { Maker } from '../make/maker.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { unet } from '../models/roles/unet.ts';
import { createProgressMeter } from '../progress.ts';
import { samplingTexts } from '../recipe/texts.ts';
import { CheckpointFile } from '../render/checkpoint-file.ts';
import { makeConditions, makeStructure } from '../render/derive.ts';
import { prepareShot } from '../render/prepare.ts';
import type { FirstWork } from './speeds.ts';

/** On disk. The shipped models have 20 MB, Stable Diffusion's UNet 1.7 GB in half precision. */
const LARGEST_BYTES = 200 * 2 ** 20;

/** @param model folder or file */
export async function isSmall(model: string): Promise<boolean> {
  const about = await stat(model).catch(() => null);
  if (about?.isFile()) return about.size <= LARGEST_BYTES;
  const folder = join(model, unet.folder);
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(names.map((name) => stat(join(folder, name)).then(({ size }) => size)));
  return sizes.reduce((sum, size) => sum + size, 0) <= LARGEST_BYTES;
}

export interface TimingParts {
  readonly cache: ArtefactStore | null;
  readonly probe: Probe;
  /** Any folder of our own; nothing is written. */
  readonly dir: string;
  readonly signal?: AbortSignal;
  /** Asked between calls: a render that begins meanwhile would be slowed, and spoil the measure. */
  readonly isBusy?: () => boolean;
}

/** @throws Cancelled by its signal, or where something renders; AppError where the request cannot be met */
export async function timeCalls(
  settings: EditSettings,
  { cache, probe, dir, signal = new AbortController().signal, isBusy = () => false }: TimingParts,
): Promise<FirstWork> {
  const { anchor } = settings.guide;
  const goesOn = () => {
    throwIfCancelled(signal);
    if (isBusy()) throw new Cancelled();
  };
  const context = {
    job: 'plan',
    forPlan: true as const,
    probe,
    cache,
    checkpoint: new CheckpointFile(dir, 'plan'),
    signal,
    progress: createProgressMeter(() => {}),
    warn: () => {},
    warnings: [],
  };
  const opening = stopwatch();
  await using shot = await prepareShot(
    {
      ...settings,
      source: { ...settings.source, range: { start: anchor, end: anchor + 1 } },
      // Neither costs the network anything, and a brush would be carried along the whole clip.
      guide: { ...settings.guide, anchors: [], mask: null, pictures: [] },
      output: { ...settings.output, imageText: null },
      // Their cost is told from the UNet's.
      model: { ...settings.model, controls: [] },
    },
    context,
  );
  const maker = new Maker({ store: cache, signal: context.signal });
  await makeConditions(shot, maker);
  const depth = (await makeStructure(shot, maker, context))?.maps?.[0];
  const open = opening();
  const { channels, height, width } = shot.shape;
  const latent = sharedNoise(0, channels * height * width);
  const told = new Float32Array(shot.model.structureChannels * height * width);
  const { timestep } = shot.schedule.levels[0]!;
  const call = (how: Pick<PredictInput, 'branches' | 'attention' | 'capture'>) =>
    shot.predict([{ latent, timestep, structure: depth ?? told, ...how }]);
  const timed = async (work: () => Promise<unknown>) => {
    goesOn();
    await work(); // the first one makes its buffers
    goesOn();
    const time = stopwatch();
    await work();
    return time();
  };

  const { method } = shot;
  const branches = samplingTexts(shot).branches.map(({ name }) => shot.conditions.get(name)!);
  const invert = await timed(() => call({ branches: branches.slice(-1) }));
  const lends = method.sites !== 'none';
  const features = lends ? (await call({ branches, capture: true }))[0]!.features : undefined;
  // As most frames of most methods: beside the anchor and a neighbour.
  const attention = features && { bank: [features, features], self: false };
  const sample = await timed(() => call({ branches, capture: lends, ...(attention && { attention }) }));
  const encode = await timed(() => shot.bundle.decode(latent, shot.shape));
  const { contentWidth, contentHeight } = shot.fit;
  const grey = new Uint8Array(contentWidth * contentHeight * 3).fill(128);
  const network = shot.recipe.moving && shot.bundle.flow;
  const flow = network
    ? await timed(() => network.estimate(grey, grey, contentWidth, contentHeight))
    : undefined;
  return { open, invert, sample, encode, ...(flow !== undefined && { flow }) };
}

function stopwatch(): () => number {
  const began = performance.now();
  return () => (performance.now() - began) / 1000;
}
