/** Peak memory of the engine process against clip length. Frames stream, so only latents may add up. */
import { openWorkbench } from './edits.ts';

interface MemoryPoint {
  readonly frames: number;
  readonly peakBytes: number;
}

export interface Memory {
  readonly points: readonly MemoryPoint[];
  /** Between the shortest and the longest clip. */
  readonly bytesPerFrame: number;
}

/** One edit per length, each in a process of its own; peak resident size as the operating system counts it. */
export async function benchMemory(lengths: readonly number[], bundle?: string): Promise<Memory> {
  await using bench = await openWorkbench(bundle);
  const points: MemoryPoint[] = [];
  for (const frames of lengths) {
    const report = await bench.edit(await bench.clip(frames), { sampling: { steps: 2 } });
    points.push({ frames, peakBytes: report.peakMemoryBytes });
  }
  const [first, last] = [points[0]!, points.at(-1)!];
  return { points, bytesPerFrame: (last.peakBytes - first.peakBytes) / (last.frames - first.frames) };
}
