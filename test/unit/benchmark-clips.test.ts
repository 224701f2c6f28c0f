import { describe, expect, it } from 'vitest';
import { methods } from '../../src/main/engine/methods/registry.ts';
import { type ClipRun, clipTable } from '../../tools/benchmark/clip-table.ts';
import { CLIP_VARIANTS } from '../../tools/benchmark/clip-variants.ts';
import { completed } from '../../tools/benchmark/request.ts';

const MB = 2 ** 20;
const done = (
  variant: string,
  clip: string,
  frames: number,
  megabytes: number,
  warnings: string[] = [],
): ClipRun => ({
  variant,
  clip,
  frames,
  failure: null,
  steps: 8,
  seconds: frames / 2,
  calls: 8 * frames,
  peakMemoryBytes: megabytes * MB,
  warnings,
});

describe('methods on real clips', () => {
  it('are all of them, as they are offered', () => {
    const ids = CLIP_VARIANTS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(methods.list.map(({ id }) => id)));
    for (const variant of CLIP_VARIANTS) {
      for (const frames of [1, 16])
        expect(() => completed(variant.request(frames)), variant.id).not.toThrow();
    }
  });

  it('come with memory of each length, and what grows with a frame', () => {
    const [method] = CLIP_VARIANTS;
    const { id, label } = method!;
    const runs = [
      done(id, 'a.mp4', 4, 300, ['it is dark: 2.5 %']),
      done(id, 'b.mp4', 4, 310, ['it is dark: 3 %', 'it is loud']),
      done(id, 'a.mp4', 12, 320),
      done(id, 'a.mp4', 24, 332),
      done(id, 'a.mp4', 1, 300),
      done(id, 'wide.mkv', 3, 300),
      done(id, 'tall.mkv', 3, 300),
    ];
    const table = clipTable(runs, [method!], { clips: ['a', 'b'], frames: 4, lengths: [4, 12, 24] });
    expect(table.split('\n').slice(0, 3)).toEqual([
      '|  | takes | one frame | wide, tall | calls a frame | s a frame | 4 frames, MB | 12 frames, MB | 24 frames, MB | MB a frame |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      `| ${label} | 2 of 2 | yes | yes | 8.0 | 0.50 | 300 | 320 | 332 | 1.6 |`,
    ]);
    expect(table.split('\n').slice(-2)).toEqual(['- it is dark: 2.5 % (2 takes)', '- it is loud (one take)']);
  });

  it('say what failed, and what is not measured yet', () => {
    const [method] = CLIP_VARIANTS;
    const failed: ClipRun = { variant: method!.id, clip: 'a.mp4', frames: 1, failure: 'too short' };
    const table = clipTable([failed], [method!], { clips: ['a'], frames: 4, lengths: [12, 24] });
    expect(table).toContain(`| ${method!.label} | 0 of 1 | no | – | – | – | – | – | – |`);
    expect(table).toContain(`- ${method!.id}, a.mp4, 1 frames: too short`);
  });
});
