import { expect, test } from 'vitest';
import { fitCanvas } from '../../src/main/engine/media/fit.ts';
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
      edit: null,
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
  const colours = new Set<string>();
  for (let i = 0; i < pixels.length; i += 4) colours.add(pixels.slice(i, i + 4).join());
  expect([...colours]).toEqual(['64,0,0,255']);
});

test('where the edit is let in lies over the picture without its padding, at its size', () => {
  const wide = fitCanvas(128, 96, { size: 112, grid: 64 });
  const [columns, rows] = [wide.width / 8, wide.height / 8];
  // The right half of the content.
  const middle = (wide.left + wide.contentWidth / 2) / 8;
  const edit = new Float32Array(columns * rows).map((_, at) => ((at % columns) + 0.5 > middle ? 1 : 0));
  const picture = new Float32Array(wide.width * wide.height * 3);
  const seen = toRgba(picture, wide, edit);
  expect(seen.edit).toHaveLength(seen.width * seen.height);
  const row = seen.edit!.subarray(0, seen.width);
  expect(row[4]).toBe(0);
  expect(row[seen.width - 5]).toBe(255);
  const first = row.findIndex((value) => value > 127);
  expect(Math.abs(first - seen.width / 2)).toBeLessThanOrEqual(4);
  expect(toRgba(picture, wide).edit).toBeNull();
});
