/** Gradients through networks: against an independent autograd, and against the network's own differences. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GoldenCase } from '../../tools/golden/case.ts';
import type { NpyArray } from '../../tools/golden/npy.ts';
import { floats, int64, largestDifference } from '../helpers/onnx.ts';
import { openRecordedUnet } from '../helpers/recorded.ts';
import { sharedPath } from '../helpers/shared.ts';

const golden = sharedPath('golden');

describe.skipIf(!golden)('the golden of gradients', () => {
  const dir = join(golden ?? '', 'cases', '09-gradients');

  it('passes, by latent and by text, of a sum and of a square', async () => {
    const golden = new GoldenCase(dir, JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')));
    const model = await openRecordedUnet(join(golden.bundleDir(undefined), 'unet'));
    try {
      const { recorder, io } = model.functions;
      const by = [io.sample, io.hidden];
      const feed = ({ data, shape }: NpyArray) => floats(shape, data as Float32Array);
      const call = await recorder!.record(
        {
          [io.sample]: feed(golden.input('sample')),
          [io.hidden]: feed(golden.input('encoder_hidden_states')),
          [io.timestep.name]: int64([], golden.number('timestep')),
        },
        [io.output],
        by,
      );
      const out = call.outputs[io.output]!.data;
      const sum = await call.pull({ [io.output]: golden.input('cotangent').data as Float32Array }, by);
      // d Σ out² is 2·out.
      const square = await call.pull({ [io.output]: out.map((value) => 2 * value) }, by);
      const found: Record<string, Float32Array> = { out };
      for (const name of by) {
        found[`grad_${name}`] = sum[name]!.data;
        found[`loss2_${name}`] = square[name]!.data;
      }
      expect(Object.keys(found).sort()).toEqual(Object.keys(golden.outputs).sort());
      for (const [name, values] of Object.entries(found)) {
        const error = largestDifference(values, golden.expected(name).data as Float32Array);
        expect(error, name).toBeLessThan(golden.outputs[name]!.suggested_atol!);
      }
    } finally {
      await model.close();
    }
  });
});
