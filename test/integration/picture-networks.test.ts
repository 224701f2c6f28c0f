/** Networks of pictures in a bundle: motion between two, the one between two, and what of one is the object. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { openModel } from '../../src/main/engine/models/model.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { readRange } from '../../src/main/engine/models/picture-planes.ts';
import type { Role } from '../../src/main/engine/models/role.ts';
import { flowEstimator } from '../../src/main/engine/models/roles/flow-estimator.ts';
import { interpolator } from '../../src/main/engine/models/roles/interpolator.ts';
import { segmenter } from '../../src/main/engine/models/roles/segmenter.ts';
import { onnxFile } from '../../src/main/engine/models/source.ts';
import { addNetwork, flowGraph, middleGraph } from '../helpers/motion-networks.ts';
import { textModel } from '../helpers/onnx.ts';
import { writeModel } from '../helpers/onnx-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const FLOW = flowGraph();
const BETWEEN = `float32[B, 3, h, w] img0, float32[B, 3, h, w] img1, float32[1] timestep => float32[B, 3, h, w] merged
  d = Sub(img1, img0)
  part = Mul(d, timestep)
  merged = Add(img0, part)`;
const MIDDLE = middleGraph();
const MASK = `float32[B, 3, h, w] pixel_values => float32[B, 1, h, w] logits
  logits = ReduceMean<axes = [1], keepdims = 1>(pixel_values)`;

function opened<Io, F>(role: Role<Io, void, void, F>, text: string, config?: object) {
  const dir = tempFolder();
  writeModel(join(dir, 'model.onnx'), textModel(text));
  if (config) writeFileSync(join(dir, 'preprocessor_config.json'), JSON.stringify(config));
  const options = { want: undefined, variant: undefined, name: 'a test', provider: 'cpu' } as const;
  const model = openModel(role, onnxFile(join(dir, 'model.onnx'), { root: dir }), options);
  return { model, range: async () => (await readRange(dir)).config };
}

const plain = (width: number, height: number, ...rgb: number[]) =>
  Uint8Array.from({ length: width * height * 3 }, (_, i) => rgb[i % 3]!);
const size = { width: 10, height: 6 };

describe('networks of pictures', () => {
  it('estimate motion of any size, in pixels of the pictures', async () => {
    const { model, range } = opened(flowEstimator, FLOW);
    const { functions, close } = await model;
    const flow = await functions(await range()).estimate(
      plain(10, 6, 0, 0, 0),
      plain(10, 6, 255, 255, 9),
      10,
      6,
    );
    await close();
    expect([flow.width, flow.height, flow.data.length]).toEqual([10, 6, 120]);
    // Looked at as 16×8: eight pixels there are five here, and six of eight down.
    for (let i = 0; i < 60; i++) {
      expect(flow.data[i]).toBeCloseTo(5, 2);
      expect(flow.data[60 + i]).toBeCloseTo(-6, 2);
    }
  });

  it('make the picture between two, at a time where they know one', async () => {
    const [black, white] = [plain(10, 6, 0, 10, 20), plain(10, 6, 200, 210, 220)];
    const timed = opened(interpolator, BETWEEN, {
      do_normalize: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
    });
    const between = (await timed.model).functions(await timed.range());
    expect(await between(black, white, size, 0.25)).toEqual(plain(10, 6, 50, 60, 70));
    expect(await between(black, white, size, 0)).toEqual(black);
    const middle = opened(interpolator, MIDDLE);
    const half = (await middle.model).functions(await middle.range());
    expect(await half(black, white, size)).toEqual(plain(10, 6, 100, 110, 120));
    await expect(half(black, white, size, 0.25)).rejects.toMatchObject({
      code: 'usage',
      message: /the middle only/,
    });
    await (await timed.model).close();
    await (await middle.model).close();
  });

  it('tell the object, by a sigmoid where the output is of logits', async () => {
    const { model, range } = opened(segmenter, MASK, {
      do_normalize: true,
      image_mean: [0, 0, 0],
      image_std: [0.1, 0.1, 0.1],
    });
    const { functions, close } = await model;
    const mask = await functions(await range())(plain(10, 6, 255, 255, 255), size);
    await close();
    expect(mask.length).toBe(60);
    for (const value of mask) expect(value).toBeCloseTo(1 / (1 + Math.exp(-10)), 5);
  });

  it('refuse NaN by name, and graphs that are something else', async () => {
    const broken = opened(
      segmenter,
      MASK.replace(
        'ReduceMean<axes = [1], keepdims = 1>(pixel_values)',
        'ReduceLogSum<axes = [1], keepdims = 1>(pixel_values)',
      ),
    );
    const functions = (await broken.model).functions(await broken.range());
    await expect(functions(plain(10, 6, 0, 0, 0), size)).rejects.toMatchObject({ code: 'not-finite' });
    await (await broken.model).close();
    await expect(opened(flowEstimator, MASK).model).rejects.toThrow(
      /this is no flow estimator: it must have two inputs/,
    );
    await expect(opened(interpolator, FLOW).model).rejects.toThrow(
      /this is no interpolator: it has no output/,
    );
    await expect(opened(segmenter, MIDDLE).model).rejects.toThrow(
      /this is no segmenter: it must have one input/,
    );
  });

  it('are parts of a bundle, listed and digested; those of motion are there for whoever asks', async () => {
    const dir = await writeTinyBundle(join(tempFolder(), 'tiny'));
    const before = await openBundle(dir, { sites: 'none', provider: 'cpu' });
    expect([before.flow, before.digests.flowEstimator]).toEqual([null, undefined]);
    await before.close();
    addNetwork(dir, 'flow_estimator', FLOW);
    addNetwork(dir, 'interpolator', BETWEEN);
    const report = await inspectBundle(dir);
    expect(report.defects).toEqual([]);
    expect(report.parts.map(({ role }) => role)).toEqual(
      expect.arrayContaining(['flowEstimator', 'interpolator']),
    );
    const bundle = await openBundle(dir, { sites: 'none', provider: 'cpu' });
    expect(bundle.sessions.flowEstimator).toEqual({ open: false, opened: 0 });
    const flow = await bundle.flow!.estimate(plain(8, 8, 0, 0, 0), plain(8, 8, 255, 0, 0), 8, 8);
    expect(flow.data[0]).toBeCloseTo(8, 2);
    const { flowEstimator: digest, interpolator: other, ...others } = bundle.digests;
    for (const one of [digest, other]) expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(digest).not.toBe(other);
    expect(
      await bundle.interpolate!(plain(8, 8, 0, 0, 0), plain(8, 8, 200, 0, 0), { width: 8, height: 8 }),
    ).toEqual(plain(8, 8, 100, 0, 0));
    expect(bundle.calls).toMatchObject({ flowEstimator: 1, interpolator: 1 });
    expect(others).toEqual(before.digests);
    await bundle.release('flowEstimator');
    expect(bundle.sessions.flowEstimator).toEqual({ open: false, opened: 1 });
    await bundle.close();
  });
});
