/** One variant on one edit of one shot: rendered by the engine, scored, and kept, so that a benchmark goes on where it stopped. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { TakeReport } from '../../src/common/report.ts';
import type { EditRequest } from '../../src/common/settings/settings.ts';
import { type Engine, startEngine } from '../../src/main/cli/engine.ts';
import { type ImageText, openImageText } from '../../src/main/engine/metrics/image-text.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Bundle } from '../../src/main/engine/models/types.ts';
import { reportPath } from '../../src/main/engine/report-file.ts';
import {
  type Edit,
  type Footage,
  type HeldOutSet,
  type Motion,
  readFootage,
  readPictures,
  type Shot,
} from './heldout.ts';
import { type Judge, openJudge } from './judge.ts';
import { readStrip, readTake, writeStrip } from './pictures.ts';
import { asksTheSame, completed } from './request.ts';
import { SCORES_VERSION, type Scores, score } from './scores.ts';
import { requestFor, type Variant } from './variants.ts';

export interface BenchSettings {
  readonly dir: string;
  readonly bundle: string;
  /** A model of the same kind that takes depth; null leaves out what needs one. */
  readonly depthBundle: string | null;
  readonly judge: string;
  /** Folder of an image-text model; null measures without. */
  readonly imageText: string | null;
  readonly out: string;
  readonly steps: number;
  readonly guidance: number;
  readonly refinement: number;
  readonly seed: number;
  /** Each take by an engine process of its own, so that its memory is its own. */
  readonly apart?: true;
}

/** What the engine's report says of a render; absent where nothing was rendered. */
interface Cost {
  /** Wall seconds of sampling; inversion is apart, for the cache pays it once. */
  readonly seconds: number;
  readonly calls: number;
  /** Network calls that inverting this shot costs the first time. */
  readonly inversionCalls: number;
  /** Wall seconds of what is made before sampling, and kept: motion, inversions, empty prompts, what is learnt. Absent in runs of before, like what follows. */
  readonly onceSeconds?: number;
  /** Of the whole process, which other takes share where they are not apart. */
  readonly peakMemoryBytes?: number;
  readonly nullText?: NonNullable<TakeReport['inversion']['nullText']>;
}

export interface Run {
  readonly shot: string;
  readonly kind: Edit['kind'];
  readonly variant: string;
  /** What moves in the shot. */
  readonly motions: readonly Motion[];
  readonly frames: number;
  readonly cost: Cost | null;
  readonly scores: Scores;
}

interface Kept {
  /** JSON of what was asked. */
  readonly request: string;
  readonly scoredBy: string;
  readonly run: Run;
}

export interface Bench extends AsyncDisposable {
  readonly bundle: Bundle;
  readonly judge: Judge | null;
  readonly imageText: ImageText | null;
  /** Short digest of model and settings, in the name of the folder that keeps their runs. */
  readonly key: string;
  /** The run, rendered if it is not kept. */
  run(shot: Shot, edit: Edit, variant: Variant): Promise<Run>;
  /** The kept run, never rendered. */
  kept(shot: Shot, edit: Edit, variant: Variant): Run | null;
  /** Frames of a run that is kept. */
  frames(shot: Shot, edit: Edit, variant: Variant): Promise<Uint8Array[]>;
  footage(shot: Shot): Footage;
}

export async function openBench(set: HeldOutSet, settings: BenchSettings): Promise<Bench> {
  const { dir, out } = settings;
  const { side } = set;
  const bundle = await openBundle(settings.bundle, { sites: 'none', provider: 'cpu' });
  const depthBundle = settings.depthBundle === null ? null : await digestOfBundle(settings.depthBundle);
  const judge = await openJudge(settings.judge);
  const imageText = settings.imageText === null ? null : await openImageText(settings.imageText);
  const { steps, guidance, refinement, seed } = settings;
  const key = createHash('sha256')
    .update(JSON.stringify([bundle.digests, set.digest, steps, guidance, refinement, seed]))
    .digest('hex')
    .slice(0, 12);
  const folder = join(out, key);
  mkdirSync(folder, { recursive: true });
  // A home of its own, beside the runs: inversions are kept there between pieces of a benchmark.
  process.env.RETAKE_HOME = join(out, 'home');
  const scoredBy = [
    SCORES_VERSION,
    judge?.digest ?? 'no judge',
    (await imageText?.digest()) ?? 'no image-text model',
  ].join(' ');
  let engine: Engine | null = null;
  let held: { shot: Shot; footage: Footage } | null = null;

  const fileOf = (shot: Shot, edit: Edit, { id }: Variant) => join(folder, `${shot.name}-${edit.kind}-${id}`);
  const requestOf = (shot: Shot, edit: Edit, variant: Variant): EditRequest => {
    const asked = requestFor(variant, shot, edit);
    return {
      source: { clip: shot.clip, ...asked?.source },
      model: { bundle: variant.depth ? settings.depthBundle! : settings.bundle, provider: 'cpu' },
      prompts: { source: shot.sourcePrompt, target: edit.prompt },
      method: asked?.method,
      sampling: { steps, guidance, seed, size: side, ...asked?.sampling },
      inversion: { refinement, ...asked?.inversion },
      guide: asked?.guide,
      extend: asked?.extend,
      output: { path: `${fileOf(shot, edit, variant)}-take`, format: 'png' },
    };
  };
  /** The set is in the folder's name, so its files are named within it. */
  const identity = (shot: Shot, edit: Edit, variant: Variant) => {
    const asked = requestFor(variant, { ...shot, matte: relative(dir, shot.matte) }, edit);
    const model = variant.depth && depthBundle ? { model: { bundle: depthBundle } } : {};
    return asked ? completed({ ...asked, ...model }) : null;
  };

  const read = (shot: Shot, edit: Edit, variant: Variant): Kept | null => {
    const file = fileOf(shot, edit, variant);
    if (!existsSync(`${file}.json`) || !existsSync(`${file}.png`)) return null;
    const kept = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as Kept;
    if (!asksTheSame(JSON.parse(kept.request), identity(shot, edit, variant))) return null;
    return { ...kept, run: { ...kept.run, motions: shot.motions, frames: framesOf(shot, variant) } };
  };

  const footage = (shot: Shot): Footage => {
    if (held?.shot !== shot) held = { shot, footage: readFootage(dir, shot) };
    return held.footage;
  };

  const render = async (shot: Shot, edit: Edit, variant: Variant) => {
    engine ??= startEngine();
    const request = requestOf(shot, edit, variant);
    rmSync(request.output.path, { recursive: true, force: true });
    const report = await engine.call('job.run', request);
    if (settings.apart) {
      await engine.stop();
      engine = null;
    }
    const take = ofRange(await readTake(report.take.path, side * side * 3), variant, shot);
    rmSync(request.output.path, { recursive: true, force: true });
    rmSync(reportPath(request.output.path), { force: true });
    const { sampling, inversion } = report.settings;
    const { flow = 0, learn = 0, invert, sample } = report.seconds;
    const cost: Cost = {
      seconds: sample,
      calls: report.sampling.unetCalls,
      inversionCalls: report.inversion.frames * sampling.steps * (1 + inversion.refinement),
      onceSeconds: flow + learn + invert,
      peakMemoryBytes: report.peakMemoryBytes,
      ...(report.inversion.nullText && { nullText: report.inversion.nullText }),
    };
    return { take, cost };
  };

  const throughAutoencoder = async (pictures: readonly Uint8Array[]): Promise<Uint8Array[]> => {
    const { latentChannels: channels, factor } = bundle;
    const shape = { channels, height: side / factor, width: side / factor };
    const out: Uint8Array[] = [];
    for (const picture of pictures) {
      const decoded = await bundle.decode(await bundle.encode(picture, side, side), shape);
      out.push(new Uint8Array(decoded.map((value) => Math.round(255 * value))));
    }
    return out;
  };

  const keep = (file: string, kept: Kept) => {
    writeFileSync(`${file}.json.partial`, `${JSON.stringify(kept)}\n`);
    renameSync(`${file}.json.partial`, `${file}.json`);
  };

  return {
    bundle,
    judge,
    imageText,
    key,
    footage,
    async run(shot, edit, variant) {
      const known = read(shot, edit, variant);
      if (known?.scoredBy === scoredBy) return known.run;
      const file = fileOf(shot, edit, variant);
      const truth = ofRange(readPictures(edit.truth), variant, shot);
      let take: Uint8Array[];
      let cost = known?.run.cost ?? null;
      if (known) take = await readStrip(`${file}.png`, side);
      else if (variant.request) ({ take, cost } = await render(shot, edit, variant));
      else if (variant.id === 'ceiling') take = await throughAutoencoder(truth);
      else take = ofRange(footage(shot).source, variant, shot);
      if (!known) await writeStrip(take, side, `${file}.png`);
      const { sourcePrompt } = shot;
      const { source, masks, motions: moves } = footage(shot);
      const seen = {
        source: ofRange(source, variant, shot),
        masks: ofRange(masks, variant, shot),
        motions: ofRange(moves, variant, shot).slice(0, take.length - 1),
      };
      const scored = { take, truth, footage: seen, edit, sourcePrompt, side };
      const scores = await score(scored, { judge, imageText });
      const { name, motions } = shot;
      const frames = take.length;
      const run: Run = { shot: name, kind: edit.kind, variant: variant.id, motions, frames, cost, scores };
      keep(file, { request: JSON.stringify(identity(shot, edit, variant)), scoredBy, run });
      return run;
    },
    kept: (shot, edit, variant) => read(shot, edit, variant)?.run ?? null,
    frames: (shot, edit, variant) => readStrip(`${fileOf(shot, edit, variant)}.png`, side),
    async [Symbol.asyncDispose]() {
      await engine?.stop();
      await bundle.close();
      await judge?.close();
      await imageText?.close();
    },
  };
}

function ofRange<T>(frames: readonly T[], { measured }: Variant, shot: Shot): T[] {
  const range = measured?.(shot);
  return frames.slice(range?.start, range?.end);
}

function framesOf(shot: Shot, { measured }: Variant): number {
  const range = measured?.(shot);
  return range ? range.end - range.start : shot.frames;
}

/** Of all its networks. */
async function digestOfBundle(folder: string): Promise<string> {
  const bundle = await openBundle(folder, { sites: 'none', provider: 'cpu' });
  await bundle.close();
  return createHash('sha256').update(JSON.stringify(bundle.digests)).digest('hex');
}
