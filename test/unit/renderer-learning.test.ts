/** How learning goes: a curve of bounded size, its words and lines, and what of it the window holds. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Progress } from '../../src/common/contract/jobs.ts';
import type { QueueEntry } from '../../src/common/contract/queue.ts';
import { curveOf, MOST_POINTS } from '../../src/common/learning-curve.ts';
import { entryOf } from '../../src/main/engine/queue/entry.ts';
import type { Job } from '../../src/main/engine/queue/job.ts';
import { curveLines, curveText, learningText } from '../../src/renderer/queue/learning.ts';
import {
  jobsStore,
  learningIn,
  onProgress,
  resetJobs,
  setQueue,
  setStopping,
} from '../../src/renderer/store/jobs.ts';
import { settingsWith } from '../helpers/job-settings.ts';

const falling = (count: number) => Array.from({ length: count }, (_, step) => 1 / (1 + step));

describe('a curve of learning', () => {
  it.each([1, 7, MOST_POINTS, MOST_POINTS + 1, 5000])('is bounded, and leaves no loss of %d out', (steps) => {
    for (const taken of new Set([1, Math.ceil(steps / 2), steps])) {
      const losses = falling(taken);
      const { points, stride, recent, ...curve } = curveOf(losses, steps);
      expect(curve).toEqual({ taken, steps });
      expect(points.length).toBeLessThanOrEqual(MOST_POINTS);
      const sum = points.reduce((sum, mean, at) => sum + mean * Math.min(stride, taken - at * stride), 0);
      expect(sum).toBeCloseTo(
        losses.reduce((sum, loss) => sum + loss, 0),
        9,
      );
      expect(recent.of).toBe(Math.min(10, taken));
    }
  });

  it('is said in numbers', () => {
    expect(learningText(curveOf([0.5], 100))).toBe('Step 1 of 100 · mean loss 0.5000');
    expect(curveText(curveOf([0.5], 100))).toBe(
      'Loss so far: began at 0.5000, lowest 0.5000, the last step 0.5000',
    );
    const curve = curveOf([...falling(2), ...Array<number>(10).fill(0.04)], 100);
    expect(learningText(curve)).toBe('Step 12 of 100 · mean loss 0.0400');
    expect(curveText(curve)).toBe(
      'Loss so far: began at 1.0000, lowest 0.0400, the mean of the last 10 steps 0.0400',
    );
  });

  it('grows from left to right and stays within its picture', () => {
    for (const [taken, steps] of [
      [1, 1],
      [3, 8],
      [999, 1000],
      [1000, 1000],
    ] as const) {
      const { losses, trend } = curveLines(curveOf(falling(taken), steps));
      expect(losses.at(-1)![0]).toBeCloseTo(taken / steps, 12);
      expect(trend.map(([x]) => x)).toEqual(losses.map(([x]) => x));
      for (const [x, y] of [...losses, ...trend]) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x, y)).toBeLessThanOrEqual(1);
      }
      expect(losses.every(([x], at) => at === 0 || x > losses[at - 1]![0])).toBe(true);
      expect(losses[0]![1]).toBe(0);
    }
    expect(curveLines(curveOf([0, 0], 4)).losses).toEqual([
      [0.25, 1],
      [0.5, 1],
    ]);
  });
});

describe('a render that learns, in the window', () => {
  const settings = settingsWith({ clip: 'a', bundle: 'b', out: 'c', sourcePrompt: 's', prompt: 'p' });
  const desk = { shotId: 's', label: 'Shot 1', project: null, position: 0, filed: true };
  const job = { id: 'a', kind: 'take', state: 'running', settings, fraction: 0, desk, error: null } as Job;
  const learns = (taken: number): Progress => ({
    ...{ phase: 'learn', done: taken, total: 20, fraction: taken / 40, etaSeconds: null },
    ...{ loss: 1 / taken, learning: curveOf(falling(taken), 20) },
  });
  const shown = (): QueueEntry => jobsStore.getState().entries[0]!;
  beforeEach(() => {
    resetJobs();
    setQueue([entryOf(job, null)], false);
  });

  it('has its curve from the entry at once, and from what is told of it afterwards', () => {
    expect(learningIn([shown()])).toBeNull();
    onProgress('a', learns(3));
    expect(shown()).toEqual(entryOf(job, learns(3)));
    expect(learningIn([shown()])?.learning.taken).toBe(3);
    onProgress('a', { phase: 'invert', done: 1, total: 9, fraction: 0.6, etaSeconds: null });
    expect(shown().learning).toBeNull();
    expect(learningIn([shown()])).toBeNull();
    expect(learningIn([{ ...entryOf(job, learns(3)), state: 'paused' }])).toBeNull();
  });

  it('is told to stop once, until it goes on', () => {
    onProgress('a', learns(3));
    setStopping('a');
    onProgress('a', learns(4));
    expect(jobsStore.getState().stopping).toBe('a');
    onProgress('a', { phase: 'invert', done: 1, total: 9, fraction: 0.6, etaSeconds: null });
    expect(jobsStore.getState().stopping).toBeNull();
    // Another time it learns, it can be stopped again.
    onProgress('a', learns(1));
    expect(jobsStore.getState().stopping).toBeNull();
    setStopping('a');
    setQueue([], false);
    expect(jobsStore.getState().stopping).toBeNull();
  });
});
