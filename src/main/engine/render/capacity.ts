/** How many frames one call of the network may take on this machine. */
import { totalmem } from 'node:os';
import { AppError } from '../../../common/errors.ts';
import type { Capacity } from '../diffusion/capacity.ts';
import type { Attending } from '../diffusion/types.ts';
import { NOTHING_RECORDED } from '../models/memory/foretold.ts';
import type { Provider } from '../onnx/ort.ts';
import { callsOf, type MemoryOf, recordedBytes, sampleBytes } from './memory.ts';

/**
 * Frames of a call where several in one take less than one by one, which a trial of the provider timed. On the processor they are
 * not faster at the sizes that take long, and one by one gives the same bits as ever (tools/bench/passes.ts).
 */
const TOGETHER = 4;

/** Where nobody knows what is free. @param pays whether several frames in one call take less than one by one */
export function unbounded(pays: boolean): Capacity {
  return { together: pays ? TOGETHER : 1, fits: () => Number.POSITIVE_INFINITY };
}

/** @param free bytes that the engine may take */
export function capacityOf(of: MemoryOf, free: number, pays: boolean): Capacity {
  const most = Math.max(...of.runs.map(({ frames }) => frames.length));
  const kinds = callsOf(of);
  const fitting = (kind: Attending): number => {
    // Frames that see each other are bound together before and after they are followed back, which is counted as it is asked for.
    const recorded = kind.joint ? NOTHING_RECORDED : recordedBytes(of);
    const others = kinds.filter((other) => !alike(other, kind));
    const fits = (frames: number) =>
      sampleBytes(of, [...others, { ...kind, frames, branches: of.branches }], recorded) <= free;
    // Most edits fit as they are.
    if (fits(most)) return most;
    // More frames never take less.
    let [low, high] = [0, most - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (fits(middle)) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  // Asked in every step.
  const known = new Map<string, number>();
  return {
    together: pays ? TOGETHER : 1,
    fits(kind) {
      const key = JSON.stringify([kind.bank, kind.self, kind.joint]);
      const found = known.get(key) ?? fitting(kind);
      known.set(key, found);
      return found;
    },
  };
}

function alike(a: Attending, b: Attending): boolean {
  return a.bank === b.bank && a.self === b.self && a.joint === b.joint;
}

/** Bytes that this process may have in all: what it has, and what is free; Infinity where nobody knows. @throws AppError usage */
export function freeMemory(provider: Provider): number {
  // Graphics cards do not tell, and the main memory is not theirs.
  if (provider !== 'cpu') return Number.POSITIVE_INFINITY;
  const text = process.env.RETAKE_MEMORY_MB;
  if (text !== undefined) {
    const megabytes = Number(text);
    if (Number.isFinite(megabytes) && megabytes > 0) return megabytes * 1e6;
    throw new AppError('usage', `RETAKE_MEMORY_MB is "${text}"`, {
      doing: 'planning the memory',
      hint: 'Give a number of megabytes.',
    });
  }
  // macOS calls free only what it found no use for, and gives back most of the rest when asked.
  if (process.platform === 'darwin') return totalmem() / 2;
  return process.availableMemory() + process.memoryUsage.rss();
}
