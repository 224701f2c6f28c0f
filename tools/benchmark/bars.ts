/** The bars the demo model is measured by, each with what was reached. */
import { meansOf, paired } from './averages.ts';
import type { CaptionResult } from './captions.ts';
import type { Run } from './runs.ts';

export interface Bar {
  readonly what: string;
  readonly bar: string;
  readonly measured: string;
  /** Null where it could not be measured. */
  readonly pass: boolean | null;
}

export interface BarInput {
  readonly runs: readonly Run[];
  readonly captions: CaptionResult | null;
  /** Mean distance, colours in 0..1, of the object's mean colour before and after the autoencoder. */
  readonly colourError: number | null;
}

const FOLLOWED = { environment: 0.95, colour: 0.9, shape: 0.8 } as const;

export function bars({ runs, captions, colourError }: BarInput): Bar[] {
  const same = runs.filter(({ kind }) => kind === 'same');
  const rows: Bar[] = [];
  const add = (
    what: string,
    wanted: string,
    value: number | null,
    text: (v: number) => string,
    ok: (v: number) => boolean,
  ) =>
    rows.push({
      what,
      bar: wanted,
      measured: value === null ? 'not measured' : text(value),
      pass: value === null ? null : ok(value),
    });
  const decibels = (value: number) => `${value.toFixed(2)} dB`;
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

  const through = paired(same, ['ceiling']).get('ceiling')!;
  add('autoencoder, PSNR', '≥ 28 dB', meansOf(through).psnr, decibels, (v) => v >= 28);
  add(
    'autoencoder, colour error on the object',
    '< 0.05',
    colourError,
    (v) => v.toFixed(4),
    (v) => v < 0.05,
  );
  for (const [name, share] of Object.entries(FOLLOWED)) {
    const value = captions?.followed[name as keyof typeof FOLLOWED] ?? null;
    add(`caption followed at guidance 3, ${name}`, `≥ ${100 * share} %`, value, percent, (v) => v >= share);
  }
  for (const [id, label] of [
    ['reconstruct', 'inversion and back below the autoencoder'],
    ['reconstruct-50', 'the same in 50 steps'],
    ['reconstruct-3', 'the same with 3 refinements'],
  ] as const) {
    const both = paired(same, ['ceiling', id]);
    const [best, back] = [meansOf(both.get('ceiling')!).psnr, meansOf(both.get(id)!).psnr];
    const loss = best === null || back === null ? null : best - back;
    add(label, '≤ 1.5 dB', loss, decibels, (v) => v <= 1.5);
  }
  for (const kind of ['colour', 'environment'] as const) {
    const of = (other: string, quantity: 'psnr' | 'pixelMse') => {
      const both = paired(
        runs.filter((run) => run.kind === kind),
        ['pix2video', other],
      );
      return [meansOf(both.get('pix2video')!)[quantity], meansOf(both.get(other)!)[quantity]] as const;
    };
    for (const [other, label] of [
      ['unedited', 'the unedited clip'],
      ['img2img', 'per-frame img2img'],
    ] as const) {
      const [own, others] = of(other, 'psnr');
      const gain = own === null || others === null ? null : own - others;
      add(`${kind} edit, pix2video nearer the truth than ${label}`, '≥ 2 dB', gain, decibels, (v) => v >= 2);
    }
    const [own, others] = of('img2img', 'pixelMse');
    const ratio = own === null || others === null ? null : own / others;
    add(
      `${kind} edit, Pixel-MSE of pix2video over img2img's`,
      '≤ 0.5',
      ratio,
      (v) => v.toFixed(3),
      (v) => v <= 0.5,
    );
  }
  return rows;
}
