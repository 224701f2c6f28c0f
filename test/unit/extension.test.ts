/** Where frames of a clip stand in a longer take, what is told of those between, and what such a take has of its clip. */
import { describe, expect, it } from 'vitest';
import type { ClipInfo } from '../../src/common/media.ts';
import { asExtended } from '../../src/main/engine/media/extended.ts';
import { extensionOf, madeFrames, toldOf, touchedBy } from '../../src/main/engine/recipe/extension.ts';

const by = (extend: { before?: number; after?: number; between?: number }, start = 0, end = 3) =>
  extensionOf({ extend: { before: 0, after: 0, between: 0, pace: 'slow', ...extend } }, { start, end })!;

describe('frames of the take', () => {
  it.each([
    { extend: { before: 2 }, frames: 5, fixed: [2, 3, 4], made: [0, 1] },
    { extend: { after: 2 }, frames: 5, fixed: [0, 1, 2], made: [3, 4] },
    { extend: { between: 1 }, frames: 5, fixed: [0, 2, 4], made: [1, 3] },
    { extend: { before: 1, after: 1, between: 2 }, frames: 9, fixed: [1, 4, 7], made: [0, 2, 3, 5, 6, 8] },
  ])('$extend', ({ extend, frames, fixed, made }) => {
    const extension = by(extend, 5, 8);
    expect(extension).toMatchObject({ frames, fixed });
    expect(madeFrames(extension)).toEqual(made);
  });

  it('are those of the range where none are asked for, or there is nothing to be between', () => {
    expect(by({})).toBeNull();
    expect(by({ between: 3 }, 4, 5)).toBeNull();
  });
});

it('what is told of a frame that is made lies between its neighbours’, and beyond an end is the last one’s', () => {
  const of = [0, 10, 30].map((value) => Float32Array.of(value));
  const told = Array.from(
    { length: 9 },
    (_, frame) => toldOf(by({ before: 1, after: 1, between: 2 }), frame, of)[0],
  );
  const thirds = [0, 0, 10 / 3, 20 / 3, 10, 10 + 20 / 3, 10 + 40 / 3, 30, 30];
  for (const [i, value] of thirds.entries()) expect(told[i]).toBeCloseTo(value, 4);
});

it('frames that no run looks at are not touched, but for the neighbour that tells the motion at an end', () => {
  const run = (frames: number[]) => ({ frames }) as unknown as Parameters<typeof touchedBy>[0][number];
  expect([...touchedBy([run([9, 10])], by({ after: 1 }, 0, 10))].sort()).toEqual([8, 9]);
  expect([...touchedBy([run([0, 1, 2])], by({ before: 1 }, 0, 10))].sort()).toEqual([0, 1]);
  expect([...touchedBy([run([0, 1])], by({ after: 1 }, 0, 1))]).toEqual([0]);
});

describe('a take has of its clip', () => {
  const clip = {
    ...{ rate: { num: 24, den: 1 }, timecode: '01:00:00:12', alpha: false },
    ...{ audio: [{}], chapters: [{ start: 0, end: 1, title: null }] },
  } as unknown as ClipInfo;
  const took = { clip, range: { start: 4, end: 7 }, alpha: 'auto' as const };
  const slow = { pace: 'slow' } as const;
  const rate = { pace: 'rate' } as const;

  it('all, where it has its frames', () => {
    expect(asExtended(took, null, slow)).toEqual({ ...took, notes: [] });
  });

  it('the time before and after, which may be before its first frame', () => {
    const longer = asExtended(took, by({ before: 6, after: 2 }, 4, 7), slow);
    expect(longer).toMatchObject({ range: { start: -2, end: 9 }, clip, notes: [] });
  });

  it('in slow motion its timecode from the first frame, and no sound', () => {
    const slower = asExtended(took, by({ before: 1, between: 1 }, 4, 7), slow);
    expect(slower.range).toEqual({ start: 3, end: 9 });
    expect(slower.clip).toMatchObject({ rate: clip.rate, timecode: clip.timecode, audio: [], chapters: [] });
    expect(slower.notes).toEqual([
      'sound is left out: the take runs 2 times as long as its clip',
      'chapters are left out: the take runs 2 times as long as its clip',
    ]);
  });

  it('at a higher rate the same seconds, labels of that rate, and its sound', () => {
    const more = asExtended(took, by({ between: 1 }, 4, 7), rate);
    expect(more.range).toEqual({ start: 8, end: 13 });
    expect(more.clip).toMatchObject({
      rate: { num: 48, den: 1 },
      timecode: '01:00:00:24',
      audio: clip.audio,
    });
    expect(more.notes).toEqual([]);
    const many = { ...took, clip: { ...clip, rate: { num: 60, den: 1 } } };
    expect(asExtended(many, by({ between: 7 }, 4, 7), rate)).toMatchObject({
      clip: { timecode: null },
      notes: ['timecode 01:00:00:12 does not fit 480 frames a second and is left out'],
    });
  });

  it('no transparency, and says so', () => {
    const veiled = { ...took, clip: { ...clip, alpha: true } };
    const opaque = asExtended(veiled, by({ after: 1 }, 4, 7), slow);
    expect(opaque).toMatchObject({ alpha: 'off', clip: { alpha: false } });
    expect(opaque.notes).toEqual(['transparency is left out: frames that are made have none']);
    expect(asExtended({ ...veiled, alpha: 'off' }, by({ after: 1 }, 4, 7), slow).notes).toEqual([]);
  });
});
