/** Gradients through networks: against an independent autograd, and against the network's own differences. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unet } from '../../src/main/engine/models/roles/unet.ts';
import { unetConfig } from '../../src/main/engine/models/roles/unet-io.ts';
import { differentiate } from '../../src/main/engine/onnx/grad/backward.ts';
import { expandFused } from '../../src/main/engine/onnx/grad/expand.ts';
import { fixShapes } from '../../src/main/engine/onnx/grad/fix-shapes.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { float32Io } from '../../src/main/engine/onnx/passes/float-io.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { parseModel } from '../../src/main/engine/onnx/serde.ts';
import { GoldenCase } from '../../tools/golden/case.ts';
import type { NpyArray } from '../../tools/golden/npy.ts';
import { floats, int64, largestDifference, noise } from '../helpers/onnx.ts';
import { ownFolder, ownSingleFile } from '../helpers/own-checkpoints.ts';
import { noiseFor, openRecordedUnet, slopes } from '../helpers/recorded.ts';
import { sharedPath } from '../helpers/shared.ts';
import { rms } from '../helpers/smooth-network.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { type TinyBundleOptions, writeTinyBundle } from '../helpers/tiny-bundle.ts';

const golden = sharedPath('golden');

describe.skipIf(!golden)('the golden of gradients', () => {
  const dir = join(golden ?? '', 'cases', '09-gradients');

  it('passes, by latent and by text, of a sum and of a square', async () => {
    const golden = new GoldenCase(dir, JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')));
    const model = await openRecordedUnet(golden.bundleDir(undefined));
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

/** Of float32, in networks as rough as random weights make them; a wrong rule is off by tenths. */
const TOLERANCE = 3e-3;

async function expectSlopes(model: string): Promise<void> {
  const opened = await openRecordedUnet(model);
  try {
    const { io } = opened.functions;
    const found = await slopes(opened.functions, noiseFor(io), [io.sample, io.hidden]);
    expect(found).toHaveLength(4);
    for (const { input, along, error } of found)
      expect(error, `${input} along ${along}`).toBeLessThan(TOLERANCE);
  } finally {
    await opened.close();
  }
}

describe('gradients foretell the differences that the network makes:', () => {
  it.each(['bundle', 'depth-bundle'])('the shipped %s', (name) =>
    expectSlopes(resolve(import.meta.dirname, '../../resources/demo', name)),
  );

  it.each([
    ['a folder', () => ownFolder('sd1')],
    ['one file in half precision', () => ownSingleFile('sd1')],
    ['an XL folder', () => ownFolder('sdxl')],
  ])('a checkpoint as %s', (_, write) => expectSlopes(write()));

  it.each<[string, TinyBundleOptions]>([
    ['as exported today', {}],
    ['of the oldest script', { dialect: 'old', external: 'weights.pb' }],
    ['XL', { kind: 'xl', timestep: { type: 'int64', shape: 'one' } }],
    ['told a guidance', { told: 8, timestep: { type: 'int32', shape: 'batch' } }],
  ])('a UNet %s', async (_, options) =>
    expectSlopes(await writeTinyBundle(join(tempFolder(), 'tiny'), options)),
  );

  it.skipIf(!golden).each(['depth-folder', 'sd2v-folder'])('the checkpoint %s', (name) =>
    expectSlopes(join(golden!, 'checkpoints', name)),
  );
});

/** A network in half precision runs in steps too coarse for differences; its gradients are of float32. */
it('a UNet in half precision has the gradients of its float32 form, but for its rounded weights', async () => {
  const gradientOf = async (options: TinyBundleOptions) => {
    const opened = await openRecordedUnet(await writeTinyBundle(join(tempFolder(), 'tiny'), options));
    try {
      const { io, recorder } = opened.functions;
      const call = await recorder!.record(noiseFor(io), [io.output], [io.sample]);
      const cotangent = noise('cotangent', call.outputs[io.output]!.data.length);
      return (await call.pull({ [io.output]: cotangent }, [io.sample]))[io.sample]!.data;
    } finally {
      await opened.close();
    }
  };
  const full = await gradientOf({});
  const half = await gradientOf({ half: true, external: 'model.onnx.data' });
  expect(rms(half.map((value, i) => value - full[i]!)) / rms(full)).toBeLessThan(0.06);
});

const sd15 = sharedPath('data', 'sd15', 'unet');

it.skipIf(!sd15)('Stable Diffusion 1.5 as it was exported first can be differentiated', () => {
  const want = unetConfig.parse(JSON.parse(readFileSync(join(sd15!, 'config.json'), 'utf8')));
  const file = join(sd15!, 'model.onnx');
  const model = parseModel(readFileSync(file));
  const io = unet.io(model, file, want);
  applyPasses(model, [step(float32Io)], 'the UNet');
  const fed = Object.entries(noiseFor(io, 32, 32)).map(
    ([name, { dims, type }]) => [name, { dims, type: ELEMENT[type] }] as const,
  );
  fixShapes(model, new Map(fed), 'a test');
  expandFused(model);
  const { gradients } = differentiate(model, { of: [io.output], by: [io.sample, io.hidden] });
  expect([...gradients.values()].every((name) => name !== null)).toBe(true);
});
