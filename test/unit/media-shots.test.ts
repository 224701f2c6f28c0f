import { expect, test } from 'vitest';
import { findCuts } from '../../src/main/engine/media/shots.ts';

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
