import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rational } from '../../src/common/time/rational.ts';
import { formatTimecode, parseTimecode } from '../../src/common/time/timecode.ts';
import { typedFrame } from '../../src/common/time/typed-timecode.ts';

const on = (rate: { num: number; den: number }, label: string, at = 100) => ({
  rate,
  start: parseTimecode(label, rate)!,
  at,
});
const PAL = on(rational(25), '01:00:00:00');
const NTSC = on(rational(30000, 1001), '01:00:00;00');

describe('what an editor types', () => {
  it.each([
    ['12', 12],
    ['123', 48],
    ['1:23', 48],
    ['1.23', 48],
    ['5.', 125],
    ['0', 0],
    ['130', 55],
    ['10000', 1500],
    ['1:00:00', 1500],
    ['01:00:05:10', 135],
    ['1000510', 135],
    ['01:00:05;10', 135],
    ['+12', 112],
    ['+1:00', 125],
    ['-12', 88],
    ['− 100', 75],
    ['240f', 240],
    ['00:59:59:24', -1],
    [' 99 ', 99],
  ])('%s', (text, frame) => {
    expect(typedFrame(text, PAL)).toBe(frame);
  });

  it.each(['', '+', ':', 'abc', '1:2:3:4:5', '1:2345', '12 13', '1e3', '--3', '123456789'])(
    'not %j',
    (text) => {
      expect(typedFrame(text, PAL)).toBeNull();
    },
  );

  it('counts by drop frame where the timeline does', () => {
    expect(typedFrame('01:00:59;29', NTSC)).toBe(1799);
    // Labels 00 and 01 of that minute do not exist: the picture after them.
    expect(typedFrame('01:01:00;00', NTSC)).toBe(1800);
    expect(typedFrame('01:01:00:02', NTSC)).toBe(1800);
    expect(typedFrame('10:00:00', NTSC)).toBe(17982);
    expect(typedFrame('+1:00:02', NTSC)).toBe(1900);
    expect(typedFrame('01:01:00;02', on(rational(30000, 1001), '01:00:00:00'))).toBe(1802);
  });
});

it('the label of every frame leads to it, at every rate', () => {
  const rates = [rational(24), rational(24000, 1001), rational(25), rational(50), rational(120)];
  const starts = [
    ...rates.map((rate) => on(rate, '10:00:00:00')),
    ...[rational(30000, 1001), rational(60000, 1001)].flatMap((rate) => [
      on(rate, '00:59:58;02'),
      on(rate, '00:59:58:02'),
    ]),
  ];
  const property = fc.property(fc.constantFrom(...starts), fc.nat(400_000), (timeline, frame) => {
    const { rate, start } = timeline;
    const label = formatTimecode({ frames: start.frames + frame, drop: start.drop }, rate);
    expect(typedFrame(label, timeline)).toBe(frame);
    expect(typedFrame(`${frame}f`, timeline)).toBe(frame);
  });
  fc.assert(property, { seed: 1, numRuns: 300 });
});
