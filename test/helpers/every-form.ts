/** Checkpoints give the numbers of their parts, whichever form they come in. */
import { expect } from 'vitest';
import { type Row, table } from '../../tools/golden/compare.ts';

const FORMS = ['folder', 'single file'];

/** @param families of which every number of text encoder, VAE and UNet must pass in both forms; no row may fail */
export function expectEveryForm(rows: readonly Row[], families: readonly string[]): void {
  const failed = rows.filter(({ status }) => status === 'fail');
  expect(failed, table(failed)).toEqual([]);
  for (const family of families) {
    for (const form of FORMS) {
      const part = new RegExp(`^${family}-(text|vae|unet), ${form}$`);
      const of = rows.filter(({ case: name }) => part.test(name)).map(({ status }) => status);
      expect([family, form, of]).toEqual([family, form, Array(family === 'sdxl' ? 5 : 4).fill('pass')]);
    }
  }
}
