import { expect, it } from 'vitest';
import { cadenceOf } from '../../src/main/engine/media/cadence.ts';
import { straighten } from '../../src/main/engine/media/clock.ts';
import { pictureClock, retimingOf } from '../../src/main/engine/media/retiming.ts';

const movie = { longest: Number.POSITIVE_INFINITY, joinable: false, runIns: [] };

/** A camera that loses one picture in `every`, for `count` pictures at 25. */
function losing(every: number, count: number) {
  const raw = Array.from({ length: count }, (_, i) => (i + Math.floor(i / every)) * 0.04);
  const clock = straighten([...raw.slice(0, -1), null], movie);
  const cadence = cadenceOf(clock.times, null, 0.04);
  return retimingOf([...raw.slice(0, -1), null], clock, cadence, null);
}

it('filters stay short enough for every system, or the clip is refused at once', () => {
  const clip = { rate: { num: 25, den: 1 }, startTime: 0, retiming: losing(40, 4000) };
  expect(clip.retiming?.steps.length).toBeGreaterThan(50);
  expect(pictureClock(clip, false).join(',').length).toBeLessThan(32_000);
  expect(() => losing(3, 4000)).toThrow(
    expect.objectContaining({ code: 'clip-unreadable', hint: expect.stringContaining('constant rate') }),
  );
});
