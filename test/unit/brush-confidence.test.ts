import { expect, it } from 'vitest';
import { unsureFrames } from '../../src/main/engine/render/brush-confidence.ts';

it('frames on which a brush is unsure are named in spans', () => {
  expect(unsureFrames([1, 0.9, 0.61], 0)).toBeNull();
  expect(unsureFrames([null, null], 0)).toBeNull();
  expect(unsureFrames([1, 0.5, 0.4, 0.2, 0.9, 0.1], 10)).toBe(
    'what the brush carried is unsure on frames 11 to 13, 15: paint there again',
  );
});
