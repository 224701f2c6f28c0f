import { describe, expect, it } from 'vitest';
import { difference, meansOf, paired } from '../../tools/benchmark/averages.ts';
import { bars } from '../../tools/benchmark/bars.ts';
import { findings, outcomeOf } from '../../tools/benchmark/order.ts';
import { byMotion, comparison, csv } from '../../tools/benchmark/report.ts';
import type { Run } from '../../tools/benchmark/runs.ts';

function run(
  shot: string,
  variant: string,
  psnr: number,
  pixelMse: number,
  kind: Run['kind'] = 'colour',
  motions: Run['motions'] = [],
): Run {
  const regions = { whole: psnr, object: psnr - 1, background: null };
  return {
    shot,
    kind,
    variant,
    motions,
    frames: 3,
    cost: null,
    scores: {
      psnr: regions,
      ssim: regions,
      pixelMse,
      pixelMseOfPairs: [pixelMse, pixelMse],
      consecutiveSsim: 0.5,
      judged: null,
      imageText: null,
    },
  };
}

describe('averages of a benchmark', () => {
  const runs = [
    run('00', 'pix2video', 20, 10),
    run('01', 'pix2video', 24, 12),
    run('02', 'pix2video', 90, 90),
    run('00', 'mix-0.6', 19, 8),
    run('01', 'mix-0.6', 21, 18),
  ];

  it('compare on the places all have, and leave numbers out that none has', () => {
    const both = paired(runs, ['pix2video', 'mix-0.6']);
    expect(both.get('pix2video')!.map(({ shot }) => shot)).toEqual(['00', '01']);
    expect(meansOf(both.get('pix2video')!)).toMatchObject({
      psnr: 22,
      psnrBackground: null,
      pixelMse: 11,
      edited: null,
    });
    const table = comparison(runs, ['pix2video', 'mix-0.6', 'random'])!;
    expect(table).toContain('| pix2video | 22.00 | 21.00 |');
    expect(table).not.toContain('edit seen');
    expect(comparison(runs, ['pix2video', 'random'])).toBeNull();
  });

  it('know how sure a difference is', () => {
    // 1 and 3: mean 2, variance 2, standard error √(2/2) = 1.
    expect(difference(runs, 'pix2video', 'mix-0.6', 'psnr')).toEqual({ mean: 2, error: 1, count: 2 });
    expect(difference(runs, 'pix2video', 'random', 'psnr')).toBeNull();
  });

  it('say an order only where it is clear, and which way', () => {
    expect(outcomeOf({ mean: 2, error: 1, count: 9 }, false)).toBe('no clear difference');
    expect(outcomeOf({ mean: 2.1, error: 1, count: 9 }, false)).toBe('reappears');
    expect(outcomeOf({ mean: 2.1, error: 1, count: 9 }, true)).toBe('reversed');
    expect(outcomeOf({ mean: 2.1, error: 1, count: 3 }, false)).toBe('no clear difference');
    expect(outcomeOf({ mean: 0, error: 0, count: 9 }, true)).toBe('no clear difference');
    expect(findings(runs).map(({ better, worse, quantity }) => [better, worse, quantity])).toEqual([
      ['pix2video', 'mix-0.6', 'pixelMse'],
      ['pix2video', 'mix-0.6', 'psnr'],
    ]);
  });

  it('tell kinds of motion apart', () => {
    const moving = [
      run('00', 'pix2video', 20, 10, 'colour', ['turn']),
      run('01', 'pix2video', 24, 12, 'colour', ['turn', 'camera']),
      run('00', 'anchor', 19, 14, 'colour', ['turn']),
      run('01', 'anchor', 22, 16, 'colour', ['turn', 'camera']),
    ];
    const table = byMotion(moving, ['pix2video', 'anchor', 'random'])!;
    expect(table.split('\n')).toEqual([
      '|  | turn, PSNR (2) | turn, Pixel-MSE | camera, PSNR (1) | camera, Pixel-MSE |',
      '| --- | ---: | ---: | ---: | ---: |',
      '| pix2video | 22.00 | 11.0 | 24.00 | 12.0 |',
      '| anchor only | 20.50 | 15.0 | 22.00 | 16.0 |',
    ]);
    expect(byMotion(runs, ['pix2video'])).toBeNull();
    const turning = findings(moving).filter(({ motion }) => motion === 'turn');
    expect(turning.map(({ quantity, difference: { mean, count } }) => [quantity, mean, count])).toEqual([
      ['pixelMse', -4, 2],
      ['psnr', 1.5, 2],
      ['psnrObject', 1.5, 2],
    ]);
  });

  it('know a seam in the middle', () => {
    const pairs = [2, 9, 11, 4];
    const one = run('00', 'pix2video', 20, 6.5);
    const seamed = { ...one, frames: 5, scores: { ...one.scores, pixelMseOfPairs: pairs } };
    // The middle frame of five is 2: pairs 1 and 2 are its own.
    expect(meansOf([seamed])).toMatchObject({ pixelMseMiddle: 10, pixelMseRest: 3, seam: 7 });
  });

  it('become one line per take', () => {
    const [head, first] = csv(runs).split('\n');
    expect(head).toMatch(/^shot,edit,method,psnr,psnrObject,/);
    expect(first).toMatch(/^00,colour,pix2video,20,19,,/);
  });
});

describe('bars', () => {
  const of = (runs: readonly Run[], what: string) =>
    bars({ runs, captions: null, colourError: 0.02 }).find((bar) => bar.what.startsWith(what))!;
  const runs = [
    run('00', 'ceiling', 30, 5, 'same'),
    run('00', 'reconstruct', 28.4, 5, 'same'),
    run('00', 'pix2video', 20, 10),
    run('00', 'unedited', 18, 9),
    run('00', 'img2img', 18.1, 20),
  ];

  it('compare with what is asked', () => {
    expect(of(runs, 'autoencoder, PSNR')).toMatchObject({ measured: '30.00 dB', pass: true });
    expect(of(runs, 'autoencoder, colour')).toMatchObject({ measured: '0.0200', pass: true });
    expect(of(runs, 'inversion and back')).toMatchObject({ measured: '1.60 dB', pass: false });
    expect(of(runs, 'colour edit, pix2video nearer the truth than the unedited')).toMatchObject({
      pass: true,
    });
    expect(of(runs, 'colour edit, pix2video nearer the truth than per-frame')).toMatchObject({ pass: false });
    expect(of(runs, 'colour edit, Pixel-MSE')).toMatchObject({ measured: '0.500', pass: true });
  });

  it('are open where nothing was measured', () => {
    expect(of(runs, 'environment edit, Pixel-MSE')).toMatchObject({ measured: 'not measured', pass: null });
    expect(of(runs, 'caption followed at guidance 3, colour')).toMatchObject({
      measured: 'not measured',
      pass: null,
    });
  });
});
