import { expect, test } from 'vitest';
import { nextPage } from '../../src/main/engine/library/repository.ts';
import { fitCanvas } from '../../src/main/engine/media/fit.ts';
import { findCuts } from '../../src/main/engine/media/shots.ts';
import { fileName } from '../../src/main/engine/queue/take-name.ts';
import { toRgba, Watch } from '../../src/main/engine/queue/watch.ts';

const fit = fitCanvas(64, 64, { size: 64, grid: 64 });

/** A clock that only `picture` and the test move. */
function trial(cost: number) {
  const clock = { now: 0, looks: 0 };
  const watch = new Watch(() => clock.now);
  const look = (frame: number, job = 'a') =>
    watch.look(job, 'shot', {
      frame,
      step: 1,
      fit,
      picture: async () => {
        clock.now += cost;
        clock.looks += 1;
        return new Float32Array(64 * 64 * 3).fill(0.5);
      },
    });
  return { clock, watch, look };
}

test('only the watched frame of the watched job is decoded', async () => {
  const { clock, watch, look } = trial(0.01);
  expect(await look(3)).toBeNull();
  watch.set({ id: 'a', frame: 3 });
  expect(await look(4)).toBeNull();
  expect(await look(3, 'b')).toBeNull();
  expect(clock.looks).toBe(0);
  expect(await look(3)).toMatchObject({
    kind: 'preview-frame',
    jobId: 'a',
    shotId: 'shot',
    frame: 3,
    step: 1,
  });
});

test.each([0.001, 0.05, 1, 5])(
  'looking that takes %d s costs at most 5 % and comes at most every 2 s',
  async (cost) => {
    const { clock, watch, look } = trial(cost);
    watch.set({ id: 'a', frame: 0 });
    const times: number[] = [];
    while (clock.now < 500) {
      const began = clock.now;
      if (await look(0)) times.push(began);
      clock.now += 0.1;
    }
    expect(times.length).toBeGreaterThan(1);
    expect((clock.looks * cost) / clock.now).toBeLessThanOrEqual(0.05 + cost / 500);
    for (let i = 1; i < times.length; i += 1) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(2);
  },
);

test('a large canvas is shrunk by averages to at most 512, without its padding', () => {
  const wide = { ...fitCanvas(1600, 900, { size: 768, grid: 64 }) };
  const picture = new Float32Array(wide.width * wide.height * 3);
  // The padding is white and must not show; the content is a quarter grey in red only.
  picture.fill(1);
  for (let y = 0; y < wide.contentHeight; y += 1) {
    for (let x = 0; x < wide.contentWidth; x += 1) {
      const at = ((y + wide.top) * wide.width + x + wide.left) * 3;
      picture.set([x % 2 === 0 ? 0 : 0.5, 0, 0], at);
    }
  }
  const { pixels, width, height } = toRgba(picture, wide);
  expect(Math.max(width, height)).toBeLessThanOrEqual(512);
  for (let i = 0; i < pixels.length; i += 4) {
    expect([pixels[i], pixels[i + 1], pixels[i + 2], pixels[i + 3]]).toEqual([64, 0, 0, 255]);
  }
});

test('names of takes suit every file system', () => {
  expect(fileName('Int. Büro / Tag: "1"?')).toBe('Int. Büro - Tag- -1--');
  expect(fileName(' ..hidden.. ')).toBe('hidden');
  expect(fileName('\u0000/')).toBe('--');
  expect(fileName('   ')).toBe('Shot');
  // 200 bytes: with a number, an ending and a report's ending below the 255 of most disks.
  expect([...fileName('🎬'.repeat(200))]).toHaveLength(50);
});

test('the next page of a listing is found among other links', () => {
  const from = 'https://models.example/api/x?recursive=true';
  expect(nextPage('<https://models.example/api/x?cursor=2>; rel="next"', from)).toMatch(/cursor=2$/);
  expect(nextPage('</a>; rel="prev", </b?c=1>; rel="next"', from)).toBe('https://models.example/b?c=1');
  expect(nextPage('</a>; rel="prev"', from)).toBeNull();
  expect(nextPage(null, from)).toBeNull();
});

function features(changes: Record<number, number>, frames = 100, light: Record<number, number> = {}) {
  const change = Float32Array.from({ length: frames }, (_, i) => changes[i] ?? (i === 0 ? 0 : 1));
  return { change, light: Float32Array.from({ length: frames }, (_, i) => light[i] ?? 100) };
}

test('of two cuts too close the stronger stays; none makes a shot too short', () => {
  expect(findCuts(features({ 30: 40, 33: 60, 97: 80, 2: 80 }), 0.5, 6)).toEqual([33]);
  expect(findCuts(features({ 30: 40, 36: 60 }), 0.5, 6)).toEqual([30, 36]);
});

test('a flash and steady motion are no cuts; more sensitivity never finds fewer strong ones', () => {
  expect(findCuts(features({ 50: 80, 51: 80 }), 0.5, 6)).toEqual([]);
  const moving = features({}, 100);
  moving.change.fill(25, 1);
  expect(findCuts(moving, 0.5, 6)).toEqual([]);
  const mixed = features({ 20: 8, 40: 20, 60: 70 });
  const counts = [0, 0.25, 0.5, 0.75, 1].map((sensitivity) => findCuts(mixed, sensitivity, 6).length);
  expect(counts).toEqual([...counts].sort());
  expect([counts[0], counts[4]]).toEqual([1, 3]);
});

test('black between two fades is one cut in its middle; black at the ends is none', () => {
  const black = Object.fromEntries([0, 1, 2, 48, 49, 50, 51, 98, 99].map((frame) => [frame, 0]));
  expect(findCuts(features({}, 100, black), 0.5, 6)).toEqual([50]);
});
