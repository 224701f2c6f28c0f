/** Pictures prepared for an image encoder in arithmetic that can be followed back: the same picture, and its exact transpose. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { openModel } from '../../src/main/engine/models/model.ts';
import {
  imageProcessor,
  prepareFollowed,
  readPreparation,
} from '../../src/main/engine/models/roles/image-processor.ts';
import { maxDiff } from '../helpers/smooth-network.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { PROCESSOR } from '../helpers/tiny-image-text.ts';

const CLIP = {
  ...{ image_mean: [0.481, 0.458, 0.408], image_std: [0.269, 0.261, 0.276] },
  ...{ size: { shortest_edge: 16 }, do_center_crop: true, crop_size: { width: 16, height: 16 } },
};

const CASES = [
  ['smaller, bicubic, cut', { ...PROCESSOR, ...CLIP }, 41, 29],
  ['larger, bicubic, cut', { ...PROCESSOR, ...CLIP }, 9, 13],
  ['smaller, bilinear, squashed', { ...PROCESSOR, resample: 2 }, 30, 23],
  ['as it is', PROCESSOR, 8, 8],
] as const;

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe.each(CASES)('a picture made %s', (_, processor, width, height) => {
  async function prepared() {
    const file = join(tempFolder(), 'preprocessor_config.json');
    await writeFile(file, JSON.stringify(processor));
    return readPreparation(file);
  }

  it('is what the graph makes of it, but for the rounding to 8 bits', async () => {
    const want = await prepared();
    const how = { want, variant: undefined, name: 'test', provider: 'cpu' } as const;
    const model = await openModel(imageProcessor, want.source, how);
    const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i * 7 + i * 31) % 256);
    const area = width * height;
    const planes = new Float32Array(rgb).map((_, i) => rgb[(i % area) * 3 + Math.floor(i / area)]! / 255);
    const graph = await model.functions(rgb, width, height);
    const own = prepareFollowed(want, planes, { width, height }).prepared;
    await model.close();
    expect(own.dims).toEqual(graph.dims);
    // Half of one of 255 steps, at the steepest gain.
    expect(maxDiff(own.data, graph.data)).toBeLessThan(0.501 * Math.max(...want.gain));
  });

  it('goes back by the transpose, and not at all where it was clipped', async () => {
    const want = await prepared();
    const size = { width, height };
    const planes = noiseFor(3, 1, 3 * width * height).map((value) => 0.5 + 0.08 * Math.sin(value));
    planes[4] = 1.2;
    planes[5] = -0.1;
    const followed = prepareFollowed(want, planes, size);
    const cotangent = noiseFor(3, 2, followed.prepared.data.length);
    const back = followed.pull(cotangent);
    expect([back[4], back[5]]).toEqual([0, 0]);
    const towards = noiseFor(3, 3, planes.length);
    // Linear but where it is clipped, so a step of any length tells; it keeps clear of both ends.
    const by = 0.02;
    const [up, down] = [1, -1].map((sign) =>
      prepareFollowed(
        want,
        planes.map((value, i) => value + sign * by * towards[i]!),
        size,
      ),
    );
    const found = (dot(up!.prepared.data, cotangent) - dot(down!.prepared.data, cotangent)) / (2 * by);
    const size2 = Math.sqrt(dot(back, back) * dot(towards, towards));
    expect(Math.abs(found - dot(back, towards)) / size2).toBeLessThan(1e-5);
  });
});
