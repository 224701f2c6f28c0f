/** What a render needs of the machine's memory, before its first frame: the largest of its stages, since each lets its networks go. */
import { mostKept } from '../diffusion/history.ts';
import { attendingOf, isRecorded, keysOf, type Pass, passesOf, type Run } from '../diffusion/run.ts';
import type { LatentShape } from '../diffusion/types.ts';
import { type Need, wantsInversion } from '../methods/have.ts';
import type { Call, Foretold, RecordedBytes, RecordedCall } from '../models/memory/foretold.ts';
import { ENGINE, INVERTING } from '../models/memory/usual.ts';

const FLOAT = 4;
/** Per frame of a run: its latent, where it began, its ẑ0 as predicted and as used, the one of the step before. */
const LATENTS_OF_FRAME = 5;
/** Of a frame's motion to the next and back: right, down, hidden, how sure. */
const MOTION_PLANES = 8;

export interface MemoryOf {
  readonly foretold: Foretold;
  readonly shape: LatentShape;
  /** Guidance branches of a frame. */
  readonly branches: number;
  readonly runs: readonly Run[];
  readonly needs: readonly Need[];
  /** Further channels that the network is told of each frame. */
  readonly structureChannels: number;
  /** Bytes of the pictures that ControlNets follow, of one frame. */
  readonly controlPictures: number;
  /** Bytes of tuned texts: of each frame, and of all together. */
  readonly texts: { readonly frame: number; readonly together: number };
  /** Frames of the shot that a step of learning sees at once; null where nothing is learnt. */
  readonly learning: number | null;
  /** Bytes of an image-text model that the picture is followed back through. */
  readonly steering: number;
  /** Whether somebody looks in on it, which decodes frames while they are sampled. */
  readonly watched: boolean;
}

/** Bytes of the process. */
export interface RenderMemory {
  readonly stages: Readonly<Record<'text' | 'invert' | 'sample' | 'decode', number>>;
  readonly total: number;
  /** What one frame more adds. */
  readonly perFrame: number;
  /** Of calls that are followed backwards: its part of stages in which frames are inverted or sampled. */
  readonly recorded: RecordedBytes;
}

/** What the pull of an image-text model takes. */
const steeringBytes = ({ needs, foretold, steering }: MemoryOf): number =>
  needs.includes('likeness') ? sum(foretold.recordedPicture()) + steering : 0;

export function renderMemory(of: MemoryOf): RenderMemory {
  const { foretold, needs, watched } = of;
  const { unet, vaeEncoder, vaeDecoder, vaeSteadyDecoder, text } = foretold;
  const frames = new Set(of.runs.flatMap((run) => run.frames)).size;
  const held = ENGINE + heldBytes(of);
  const recorded = recordedBytes(of);
  // Learning comes before, in the same session.
  const before = sum(foretold.recorded(beforeSampling(of)));
  const redrawn = needs.includes('pictures') || needs.includes('between');
  const stages = {
    text: ENGINE + text,
    // How well a frame's noise leads back to it is seen in its picture.
    invert: wantsInversion(needs)
      ? held + before + unet + vaeEncoder + vaeDecoder + foretold.calls([INVERTING])
      : held + before + unet + vaeEncoder,
    sample:
      sampleBytes(of, callsOf(of), recorded) +
      Math.max(watched ? vaeDecoder : 0, redrawn ? vaeSteadyDecoder : 0) +
      (redrawn ? vaeEncoder : 0),
    decode: held + vaeDecoder,
  };
  return { stages, total: Math.max(...Object.values(stages)), perFrame: perFrame(of, frames), recorded };
}

const sum = ({ weights, values }: RecordedBytes) => weights + values;

/** Every kind of call that is followed backwards once: those of learning and tuning, then those of the runs. */
function recordedCallsOf(of: MemoryOf): RecordedCall[] {
  const calls = new Map<string, RecordedCall>();
  for (const run of of.runs) {
    if (!run.differentiates) continue;
    for (const step of run.schedule.levels.keys()) {
      const passes = passesOf(run, step);
      const lend = new Set(passes.flatMap((pass) => keysOf(pass)));
      for (const pass of passes) {
        if (!isRecorded(run, step, pass)) continue;
        const lends = pass.frames.some((frame) => lend.has(frame));
        const call = { ...callOf(pass, of.branches), by: 'latent', lends } as const;
        calls.set(JSON.stringify(call), call);
      }
    }
  }
  return [...beforeSampling(of), ...calls.values()];
}

function beforeSampling({ learning, needs }: Pick<MemoryOf, 'learning' | 'needs'>): RecordedCall[] {
  return [
    ...(learning === null ? [] : [{ ...INVERTING, frames: learning, by: 'weights', causal: true } as const]),
    // Through the unconditional branch alone.
    ...(needs.includes('nullText') ? [{ ...INVERTING, by: 'text' } as const] : []),
  ];
}

/** What calls that are followed backwards add, of learning, tuning and the runs. */
export function recordedBytes(of: MemoryOf): RecordedBytes {
  return of.foretold.recorded(recordedCallsOf(of));
}

/** While frames are sampled, with the UNet alone. @param calls of the UNet; recorded what those add that are followed back */
export function sampleBytes(of: MemoryOf, calls: readonly Call[], recorded: RecordedBytes): number {
  const { foretold, needs, branches, runs } = of;
  const { unet, controlNets, features, deep } = foretold;
  // Frames are inverted in the same session.
  const all = wantsInversion(needs) ? [INVERTING, ...calls] : calls;
  const longest = Math.max(...runs.map(({ frames }) => frames.length));
  // What the depth made of every frame of a run is kept from a whole step to the next one.
  const kept = branches * (features * mostLent(runs) + deep * longest);
  const called = foretold.calls(all) + foretold.shallow(calls) + sum(recorded);
  return ENGINE + heldBytes(of) + unet + controlNets + kept + called + steeringBytes(of);
}

/** Every kind of call in these runs once. */
export function callsOf({ runs, branches }: Pick<MemoryOf, 'runs' | 'branches'>): Call[] {
  const calls = new Map<string, Call>();
  for (const run of runs) {
    for (const step of run.schedule.levels.keys()) {
      for (const pass of passesOf(run, step)) {
        const call = callOf(pass, branches);
        calls.set(JSON.stringify(call), call);
      }
    }
  }
  return [...calls.values()];
}

function callOf(pass: Pass, branches: number): Call {
  return { ...attendingOf(pass), frames: pass.keys === 'joint' ? pass.frames.length : 1, branches };
}

/** What is held between calls beside what frames lend. */
function heldBytes(of: MemoryOf): number {
  const frames = new Set(of.runs.flatMap((run) => run.frames)).size;
  const { together } = of.texts;
  return frames * perFrame(of, frames) + together + FLOAT * latentSize(of.shape) * mostKept(of.runs);
}

const latentSize = ({ channels, height, width }: LatentShape) => channels * height * width;

function perFrame(
  { needs, shape, runs, structureChannels, controlPictures, texts }: MemoryOf,
  frames: number,
): number {
  const plane = shape.height * shape.width;
  const latent = latentSize(shape);
  const levels = Math.max(...runs.map(({ schedule }) => schedule.levels.length)) + 1;
  const of: Partial<Record<Need, number>> = {
    inversion: latent,
    clean: latent,
    trajectory: levels * latent,
    // Those that share a text are led by it together.
    nullText: texts.together > 0 && !needs.includes('trajectory') ? levels * latent : 0,
    // The last frame has no next one.
    flow: (MOTION_PLANES * plane * (frames - 1)) / frames,
    mask: plane,
  };
  const made = needs.reduce((all, need) => all + (of[need] ?? 0), 0);
  return (
    FLOAT * (LATENTS_OF_FRAME * latent + structureChannels * plane + made) + controlPictures + texts.frame
  );
}

/** The most frames whose tokens are held at once in one step, from their pass to the last one that attends to them. */
function mostLent(runs: readonly Run[]): number {
  let most = 0;
  for (const run of runs) {
    for (const step of run.schedule.levels.keys()) {
      const passes = passesOf(run, step);
      const lastUse = new Map(
        passes.flatMap((pass, at) => keysOf(pass).map((frame) => [frame, at] as const)),
      );
      const held = new Set<number>();
      for (const [at, { frames }] of passes.entries()) {
        most = Math.max(most, held.size);
        for (const frame of held) if (lastUse.get(frame) === at) held.delete(frame);
        for (const frame of frames) if (lastUse.has(frame)) held.add(frame);
      }
    }
  }
  return most;
}
