import { describe, expect, it } from 'vitest';
import {
  divide,
  editorsRate,
  multiply,
  nearestStandardRate,
  parseRate,
  parseRational,
  rational,
  snapRate,
  toNumber,
} from '../../src/common/time/rational.ts';
import {
  carriesTimecode,
  formatTimecode,
  keepsTimeByDropFrame,
  offsetTimecode,
  parseTimecode,
} from '../../src/common/time/timecode.ts';

const NTSC = rational(30000, 1001);
const RATES = [
  [24, 1],
  [24000, 1001],
  [25, 1],
  [30, 1],
  [30000, 1001],
  [48, 1],
  [50, 1],
  [60, 1],
  [60000, 1001],
  [120000, 1001],
  [120, 1],
  [15, 1],
  [240, 1],
  [240000, 1001],
] as const;

describe('timecode', () => {
  it('knows the landmarks of drop frame at 29.97', () => {
    const label = (frames: number) => formatTimecode({ frames, drop: true }, NTSC);
    expect(label(0)).toBe('00:00:00;00');
    expect(label(1799)).toBe('00:00:59;29');
    expect(label(1800)).toBe('00:01:00;02');
    expect(label(17981)).toBe('00:09:59;29');
    expect(label(17982)).toBe('00:10:00;00');
    expect(label(107892)).toBe('01:00:00;00'); // one hour on the clock is 107892 pictures
    expect(label(2589408)).toBe('00:00:00;00'); // midnight
  });

  it('drops four labels a minute at 59.94', () => {
    const rate = rational(60000, 1001);
    expect(formatTimecode({ frames: 3599, drop: true }, rate)).toBe('00:00:59;59');
    expect(formatTimecode({ frames: 3600, drop: true }, rate)).toBe('00:01:00;04');
    expect(formatTimecode({ frames: 215784, drop: true }, rate)).toBe('01:00:00;00');
  });

  it('counts drop frame at 30 and 60 as at 29.97 and 59.94', () => {
    expect(parseTimecode('16:37:10;02', rational(30))).toEqual(parseTimecode('16:37:10;02', NTSC));
    expect(offsetTimecode('16:37:59;29', 1, rational(30))).toBe('16:38:00;02');
    expect(offsetTimecode('16:37:59;59', 1, rational(60))).toBe('16:38:00;04');
    expect(keepsTimeByDropFrame(rational(30))).toBe(false);
    expect(keepsTimeByDropFrame(NTSC)).toBe(true);
  });

  it('is carried by whole and broadcast rates up to what a byte counts', () => {
    for (const [num, den] of RATES) expect(carriesTimecode(rational(num, den))).toBe(true);
    for (const [num, den] of [
      [25, 2],
      [7, 3],
      [300, 1],
    ] as const)
      expect(carriesTimecode(rational(num, den))).toBe(false);
    expect(offsetTimecode('01:00:00:14', 1, rational(15))).toBe('01:00:01:00');
    expect(offsetTimecode('01:00:00:238', 1, rational(240))).toBe('01:00:00:239');
    expect(offsetTimecode('01:00:00:239', 1, rational(240))).toBe('01:00:01:00');
  });

  it('comes back from its label at every rate', () => {
    for (const [num, den] of RATES) {
      const rate = rational(num, den);
      const drops = Math.round(num / den) % 30 === 0 ? [false, true] : [false];
      for (const drop of drops) {
        // A prime stride visits every second, minute and ten-minute phase; the first ten minutes are taken one by one.
        const day = 24 * 3600 * Math.min(23, Math.round(num / den));
        for (let frames = 0; frames < day; frames += frames < 18200 * 2 ? 1 : 997) {
          const text = formatTimecode({ frames, drop }, rate);
          const back = parseTimecode(text, rate);
          if (back?.frames !== frames || back.drop !== drop)
            expect.fail(`${frames} at ${num}/${den}: ${text}`);
        }
      }
    }
  });

  it('never shows the same label twice, nor a dropped one', () => {
    const seen = new Set<string>();
    for (let frames = 0; frames < 40_000; frames += 1) {
      const text = formatTimecode({ frames, drop: true }, NTSC);
      if (/:[0-9][1-9]:00;0[01]$/.test(text)) expect.fail(text);
      seen.add(text);
    }
    expect(seen.size).toBe(40_000);
  });

  it('offsets, and refuses what does not fit', () => {
    expect(offsetTimecode('01:00:00:00', 48, rational(24))).toBe('01:00:02:00');
    expect(offsetTimecode('00:00:59;29', 1, NTSC)).toBe('00:01:00;02');
    expect(offsetTimecode('23:59:59:24', 1, rational(25))).toBe('00:00:00:00');
    expect(offsetTimecode('01:00:00:30', 0, rational(25))).toBeNull();
    expect(offsetTimecode('01:00:00;10', 0, rational(25))).toBeNull();
    expect(offsetTimecode('soon', 0, rational(25))).toBeNull();
  });
});

describe('rational', () => {
  it('keeps lowest terms and positive denominators', () => {
    expect(rational(-6, -4)).toEqual({ num: 3, den: 2 });
    expect(rational(0, -4)).toEqual({ num: 0, den: 1 });
    expect(multiply(rational(30000, 1001), rational(1001, 30000))).toEqual({ num: 1, den: 1 });
    expect(divide(rational(1, 2), rational(-1, 4))).toEqual({ num: -2, den: 1 });
  });

  it('reads fractions, ratios and integers only', () => {
    expect(parseRational('30000/1001')).toEqual({ num: 30000, den: 1001 });
    expect(parseRational('1280:1281')).toEqual({ num: 1280, den: 1281 });
    expect(parseRational('25')).toEqual({ num: 25, den: 1 });
    for (const text of ['1/0', '', 'a/b', '1.5', '1/2/3']) expect(parseRational(text)).toBeNull();
  });

  it('recognises rounded standard rates, and leaves others alone', () => {
    expect(snapRate(rational(239759, 10000))).toEqual({ num: 24000, den: 1001 });
    expect(snapRate(rational(2997, 100))).toEqual({ num: 30000, den: 1001 });
    expect(snapRate(rational(500000, 33333))).toEqual({ num: 15, den: 1 });
    expect(snapRate(rational(117, 4))).toEqual({ num: 117, den: 4 });
    expect(toNumber(nearestStandardRate(29.9))).toBeCloseTo(29.97, 2);
  });

  it('is read as people write rates', () => {
    for (const [text, rate] of [
      ['24', rational(24)],
      ['23.976', rational(24000, 1001)],
      ['29.97', rational(30000, 1001)],
      ['30000/1001', rational(30000, 1001)],
      ['12.5', rational(25, 2)],
      ['0', null],
      ['-24', null],
      ['fast', null],
      ['24fps', null],
      ['5000', null],
    ] as const)
      expect([text, parseRate(text)]).toEqual([text, rate]);
  });

  it('names the rate an editor would', () => {
    for (const [rate, editors] of [
      [rational(179, 6), rational(30)],
      [rational(90000, 3001), rational(30000, 1001)],
      [rational(2398, 100), rational(24000, 1001)],
      [rational(249, 10), rational(25)],
      [rational(5973, 100), rational(60)],
      [rational(59941, 1000), rational(60000, 1001)],
      [rational(24), rational(24)],
      [rational(117, 4), null],
      [rational(7, 3), null],
    ] as const)
      expect([rate, editorsRate(rate)]).toEqual([rate, editors]);
  });
});
