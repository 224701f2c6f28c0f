import { describe, expect, it } from 'vitest';
import {
  gatherRuns,
  numberIn,
  patternOf,
  pictureName,
  runOfPattern,
  runsIn,
} from '../../src/common/sequence.ts';

describe('names of picture sequences', () => {
  it('are read as artists and ffmpeg write them', () => {
    expect(runOfPattern('/a b/shot.####.png')).toEqual({ before: 'shot.', digits: 4, after: '.png' });
    expect(runOfPattern('C:\\x\\shot_%04d.exr')).toEqual({ before: 'shot_', digits: 4, after: '.exr' });
    expect(runOfPattern('shot%d.jpg')).toEqual({ before: 'shot', digits: 1, after: '.jpg' });
    expect(runOfPattern('####.tif')).toEqual({ before: '', digits: 4, after: '.tif' });
    for (const other of ['shot.1001.png', 'take #3.mov', 'take ####.mp4', 'shot.png', '/#/shot.png'])
      expect([other, runOfPattern(other)]).toEqual([other, null]);
  });

  it('hold the numbers of their width only', () => {
    const run = runOfPattern('shot.####.png')!;
    expect(numberIn(run, 'shot.0007.png')).toBe(7);
    expect(numberIn(run, 'shot.12345.png')).toBe(12_345);
    for (const other of [
      'shot.007.png',
      'shot.00007.png',
      'shot.1001.jpg',
      'other.1001.png',
      'shot.10a1.png',
    ])
      expect([other, numberIn(run, other)]).toEqual([other, null]);
    for (const number of [0, 7, 1001, 123_456]) expect(numberIn(run, pictureName(run, number))).toBe(number);
  });

  it('are found in folders, padded or not', () => {
    const names = [
      'b.9.png',
      'b.10.png',
      'b.11.png',
      'a.0002.exr',
      'a.0001.exr',
      'poster.jpg',
      'notes 1.txt',
      'x.7.png',
    ];
    const found = runsIn(names).map(({ run, numbers }) => [patternOf(run), numbers]);
    expect(found).toEqual([
      ['b.#.png', [9, 10, 11]],
      ['a.####.exr', [1, 2]],
    ]);
  });

  it('gather what was chosen together, and leave the rest', () => {
    const chosen = ['/x/a.1001.png', '/x/film.mov', '/x/a.1002.png', '/y/a.1003.png', '/x/a.1003.png'];
    expect(gatherRuns(chosen)).toEqual(['/x/a.####.png', '/x/film.mov', '/y/a.1003.png']);
  });
});
