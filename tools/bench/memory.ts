/** Peak memory of the engine process against clip length. Frames stream, so only latents may add up. */
import { openWorkbench } from './edits.ts';
import type { Measure, Say } from './measure.ts';
import { megabytes } from './units.ts';

interface MemoryPoint {
  readonly frames: number;
  readonly peakBytes: number;
}

interface Memory {
  readonly points: readonly MemoryPoint[];
  /** Between the shortest and the longest clip. */
  readonly bytesPerFrame: number;
}

/** One edit per length, each in a process of its own; peak resident size as the operating system counts it. */
async function measureMemory(lengths: readonly number[], say: Say, bundle?: string): Promise<Memory> {
  await using bench = await openWorkbench(bundle);
  const points: MemoryPoint[] = [];
  for (const frames of lengths) {
    say(`${frames} frames`);
    const report = await bench.edit(await bench.clip(frames), { sampling: { steps: 2 } });
    points.push({ frames, peakBytes: report.peakMemoryBytes });
  }
  const [first, last] = [points[0]!, points.at(-1)!];
  return { points, bytesPerFrame: (last.peakBytes - first.peakBytes) / (last.frames - first.frames) };
}

export const memory: Measure = {
  id: 'memory',
  title: 'peak memory by clip length',
  seconds: 20,
  default: true,
  async run(say, bundle) {
    const data = await measureMemory([20, 80, 320], say, bundle);
    const rows = data.points.map(
      ({ frames, peakBytes }) => [`peak memory, ${frames} frames`, megabytes(peakBytes), ''] as const,
    );
    return { rows: [...rows, ['memory per frame', megabytes(data.bytesPerFrame), '≤ 1 MB']], data };
  },
};
