/** How many frames one call of the network may take on this machine. */
import { totalmem } from 'node:os';
import type { Capacity } from '../diffusion/capacity.ts';
import { mostKept } from '../diffusion/history.ts';
import { attendingOf, keysOf, passesOf, type Run } from '../diffusion/run.ts';
import type { Attending, LatentShape } from '../diffusion/types.ts';
import type { Bundle } from '../models/types.ts';
import type { Provider } from '../onnx/ort.ts';

/**
 * Frames of a call where several in one take less than one by one, which a trial of the provider timed. On the processor they are
 * not faster at the sizes that take long, and one by one gives the same bits as ever (tools/bench/passes.ts).
 */
const TOGETHER = 4;

/** Per frame of a run: its latent, where it began, its ẑ0 as predicted and as used, the one of the step before. */
const LATENTS_OF_FRAME = 5;

export interface CapacityOf {
  readonly bundle: Pick<Bundle, 'memory'>;
  readonly shape: LatentShape;
  /** Guidance branches of a frame. */
  readonly branches: number;
  readonly runs: readonly Run[];
  /** Bytes that are free before the networks are loaded. */
  readonly free: number;
  /** Whether several frames in one call take less than one by one. */
  readonly together: boolean;
}

export function capacityOf({ bundle, shape, branches, runs, free, together }: CapacityOf): Capacity {
  const memory = bundle.memory(shape);
  // The runtime keeps room for each kind of call that there was.
  const kinds = kindsOf(runs).map((kind) => ({ kind, alone: memory.call({ ...kind, branches, frames: 1 }) }));
  const room =
    free -
    memory.weights -
    memory.vae -
    heldBytes(runs, shape, branches * memory.features) -
    deepBytes(runs, branches * memory.deep);
  const most = Math.max(...runs.map(({ frames }) => frames.length));
  const fitting = (kind: Attending): number => {
    const others = kinds.filter((other) => !alike(other.kind, kind));
    const left = others.reduce((bytes, { alone }) => bytes - alone, room);
    let frames = 0;
    while (frames < most && memory.call({ ...kind, branches, frames: frames + 1 }) <= left) frames++;
    return frames;
  };
  // Asked in every step.
  const known = new Map(kinds.map(({ kind }) => [JSON.stringify(kind), fitting(kind)]));
  return {
    together: together ? TOGETHER : 1,
    fits: (kind) =>
      room === Number.POSITIVE_INFINITY ? room : (known.get(JSON.stringify(kind)) ?? fitting(kind)),
  };
}

/** How frames attend in these runs, each way once. */
function kindsOf(runs: readonly Run[]): Attending[] {
  const kinds: Attending[] = [];
  for (const run of runs) {
    for (const step of run.schedule.levels.keys()) {
      for (const pass of passesOf(run, step)) {
        const kind = attendingOf(pass);
        if (!kinds.some((known) => alike(known, kind))) kinds.push(kind);
      }
    }
  }
  return kinds;
}

function alike(a: Attending, b: Attending): boolean {
  return a.bank === b.bank && a.self === b.self && a.joint === b.joint;
}

/** Bytes that calls may take; Infinity where nobody knows. */
export function freeMemory(provider: Provider): number {
  // Graphics cards do not tell, and the main memory is not theirs.
  if (provider !== 'cpu') return Number.POSITIVE_INFINITY;
  // macOS calls free only what it found no use for, and gives back most of the rest when asked.
  return process.platform === 'darwin' ? totalmem() / 2 : process.availableMemory();
}

/** What is held between calls: latents, those that later runs recall, and the tokens that frames lend in a step. */
function heldBytes(runs: readonly Run[], { channels, height, width }: LatentShape, features: number): number {
  const frames = new Set(runs.flatMap((run) => run.frames)).size;
  const latents = frames * LATENTS_OF_FRAME + mostKept(runs);
  return 4 * channels * height * width * latents + features * mostLent(runs);
}

/** What the depth made of every frame of a run, from a whole step to the next one. */
function deepBytes(runs: readonly Run[], ofFrame: number): number {
  return ofFrame * Math.max(...runs.map(({ frames }) => frames.length));
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
