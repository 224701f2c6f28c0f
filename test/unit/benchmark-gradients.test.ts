import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withResults } from '../../tools/benchmark/docs.ts';
import { emptyPromptsNote, gradientTable } from '../../tools/benchmark/gradient-table.ts';
import { type GradientGroup, gradientGroups } from '../../tools/benchmark/gradient-variants.ts';
import type { Shot } from '../../tools/benchmark/heldout.ts';
import { completed } from '../../tools/benchmark/request.ts';
import type { Run } from '../../tools/benchmark/runs.ts';
import { requestFor } from '../../tools/benchmark/variants.ts';

const look = { shape: 'cube', colour: 'red', material: 'matte', environment: 'sea' };
const edit = { kind: 'colour', prompt: 'a blue cube', look, truth: 'truth.npy' } as const;
const SHOT: Shot = {
  name: '00',
  clip: 'source.mkv',
  matte: 'mask.mkv',
  frames: 8,
  motions: [],
  sourcePrompt: 'a red cube',
  look,
  edits: [edit],
};
const groups = gradientGroups({ imageText: 'clip', style: () => 'style.png' });
const variants = groups.flatMap((group) => group.variants);

describe('systems beside themselves without gradients', () => {
  it('ask for what there is, by ids of their own', () => {
    expect(new Set(variants.map(({ id }) => id)).size).toBe(variants.length);
    for (const variant of variants) {
      const asked = requestFor(variant, SHOT, edit);
      if (asked) expect(() => completed(asked), variant.id).not.toThrow();
    }
  });

  it('are all there are', () => {
    const asked = JSON.stringify(variants.map((variant) => requestFor(variant, SHOT, edit)));
    for (const said of [
      '"update":"exact"',
      '"nullText":"frame"',
      '"nullText":"shared"',
      '"tune-a-video"',
      '"prompt":0.02',
      '"style":0.1',
      '"neighbour":0.5',
      '"reconstruction-guidance"',
    ])
      expect(asked).toContain(said);
  });

  it('begin with the one without', () => {
    for (const { title, variants: rows } of groups) {
      const { method, inversion } = completed(requestFor(rows[0]!, SHOT, edit)!);
      expect(inversion?.nullText, title).toBe('off');
      expect(method?.params, title).not.toMatchObject({ update: 'exact' });
      expect(['guided', 'tune-a-video'], title).not.toContain(method?.id);
    }
  });

  it('have the half of a shot that is made as its truth', () => {
    const made = variants.find(({ id }) => id === 'gradient-extended')!;
    expect(requestFor(made, SHOT, edit)).toMatchObject({
      source: { range: { start: 0, end: 4 } },
      extend: { after: 4 },
    });
    expect(made.measured!(SHOT)).toEqual({ start: 4, end: 8 });
  });

  it('need no image-text model', () => {
    const without = gradientGroups({ imageText: null, style: () => 'style.png' });
    expect(without.flatMap((group) => group.variants).map(({ id }) => id)).toEqual(
      variants.map(({ id }) => id).filter((id) => id !== 'gradient-prompt'),
    );
  });
});

const MB = 2 ** 20;
function run(
  variant: string,
  psnr: number,
  seconds: number,
  more: Partial<Run> & { once?: number } = {},
): Run {
  const regions = { whole: psnr, object: null, background: null };
  const { once = 0, ...rest } = more;
  return {
    shot: '00',
    kind: 'colour',
    variant,
    motions: [],
    frames: 4,
    cost: { seconds, calls: 40, inversionCalls: 80, onceSeconds: once, peakMemoryBytes: 300 * MB },
    scores: {
      psnr: regions,
      ssim: regions,
      pixelMse: 12.34,
      pixelMseOfPairs: [],
      consecutiveSsim: 0.5,
      judged: null,
      imageText: null,
    },
    ...rest,
  };
}

describe('the table', () => {
  const group: GradientGroup = {
    title: 'Pulled',
    of: 'edits',
    variants: [
      { id: 'off', label: 'not pulled', group: 'gradient' },
      { id: 'on', label: 'pulled', group: 'gradient' },
    ],
  };

  it('lays cost beside the first row, over the places that all rows have', () => {
    const runs = [
      run('off', 20, 4),
      run('on', 21, 10, { once: 8 }),
      run('off', 30, 40, { shot: '01' }),
      run('on', 90, 9, { kind: 'same' }),
    ];
    expect(gradientTable(group, runs)!.split('\n')).toEqual([
      '### Pulled',
      '',
      '|  | PSNR | object | backgr. | Pixel-MSE | image-text | s a frame | made before, s a frame | memory, MB | takes |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      '| not pulled | 20.00 | – | – | 12.3 | – | 1.00 | – | 300 | 1 |',
      '| pulled | 21.00 | – | – | 12.3 | – | 2.50 (× 2.50) | 2.00 | 300 | 1 |',
    ]);
    expect(gradientTable(group, [run('off', 20, 4)])).toBeNull();
  });

  it('says what empty prompts take to keep, and how near they lead', () => {
    const tuned = (id: string, shared: boolean, bytes: number, psnr: number | null) => {
      const one = run(id, 20, 4);
      const nullText = { shared, made: 1, fromCache: 0, bytes, psnr, plainPsnr: 12 };
      return { ...one, cost: { ...one.cost!, nullText } };
    };
    const own = [tuned('own', false, 4096, 30), tuned('own', false, 4096, null)];
    expect(emptyPromptsNote([...own, tuned('shared', true, 1024, 28.5)])).toBe(
      'Empty prompts of 4 frames take 4 KB to keep, one for all of them 1 KB. The source prompt leads the frame that is checked ' +
        'back to 30.0 dB with its own, to 28.5 dB with the shared one, to 12.0 dB with neither.',
    );
    expect(emptyPromptsNote([run('on', 20, 1)])).toBeNull();
  });

  it('has its place in the document', () => {
    const document = readFileSync(new URL('../../docs/benchmark.md', import.meta.url), 'utf8');
    expect(withResults(document, 'gradients', 'made anew')).toContain('\nmade anew\n');
  });
});
