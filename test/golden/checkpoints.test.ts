/** Architectures written as graphs over checkpoints, against the reference modules' numbers. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { table } from '../../tools/golden/compare.ts';
import { runGolden } from '../../tools/golden/golden.ts';
import { sharedPath } from '../helpers/shared.ts';

const golden = sharedPath('golden');

describe.skipIf(!golden)('checkpoints', () => {
  it('text encoders, VAEs and networks compute what their reference modules do, in every form', async () => {
    const rows = await runGolden(join(golden!, 'checkpoint-cases'), {
      bundles: join(golden!, 'checkpoints'),
    });
    const failed = rows.filter(({ status }) => status === 'fail');
    expect(failed, table(failed)).toEqual([]);
    for (const kind of ['sd1', 'sd2v', 'depth', 'sdxl']) {
      const of = rows.filter(({ case: name }) => new RegExp(`^${kind}-(text|vae|unet),`).test(name));
      expect(of.map(({ status }) => status)).not.toContain('not covered');
      for (const form of ['folder', 'single file'])
        expect(of.filter(({ case: name }) => name.endsWith(form)).length).toBeGreaterThanOrEqual(4);
    }
  });
});
