/** A kind of network that Retake does not know yet is one value: read, prepared, tried and run by the same door as all others. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defect } from '../../src/main/engine/models/files.ts';
import { isFloat, rank, take, type Values } from '../../src/main/engine/models/graph-values.ts';
import { openModel } from '../../src/main/engine/models/model.ts';
import { digestOfModel, readModel } from '../../src/main/engine/models/read-model.ts';
import type { Role } from '../../src/main/engine/models/role.ts';
import { onnxFile, type Source, writtenGraph } from '../../src/main/engine/models/source.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { float32Io } from '../../src/main/engine/onnx/passes/float-io.ts';
import { step } from '../../src/main/engine/onnx/passes/pass.ts';
import { textModel } from '../helpers/onnx.ts';
import { externalise, writeModel } from '../helpers/onnx-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

interface SegmenterIo {
  readonly picture: string;
  readonly mask: string;
}

/** Picture (h·w·3) to what of it is the object, 0..1 per pixel. */
type Segment = (rgb: Uint8Array, width: number, height: number) => Promise<Float32Array>;

const segmenter = {
  id: 'segmenter',
  label: 'the segmenter',
  io({ graph }, file) {
    const values = (list: Values['list']): Values => ({ list, rest: new Set(list) });
    const picture = take(values(graph.inputs), ['pixel_values'], (v) => isFloat(v) && rank(v) === 4);
    const mask = take(values(graph.outputs), ['logits'], (v) => isFloat(v) && rank(v) === 3);
    if (!picture || !mask) throw defect(file, 'this is no segmenter', 'Choose another model.');
    return { picture: picture.name, mask: mask.name };
  },
  passes: () => [step(float32Io)],
  functions:
    ({ session, io }) =>
    async (rgb, width, height) => {
      const data = new Float32Array(rgb).map((value) => value / 255);
      const dims = [1, height, width, 3];
      const made = await session.run({ [io.picture]: { type: 'float32', data, dims } }, [io.mask]);
      return made[io.mask]!.data;
    },
} as const satisfies Role<SegmenterIo, void, void, Segment>;

/** What is redder than it is green, in half precision as such models are often exported. */
const graph = (op = 'Sigmoid') =>
  textModel(`float16[B, h, w, 3] image => float16[B, h, w] logits
    float32[3] weights = {8, -8, 0}
    float32[64] unused_but_large
    int64[1] last = {3}
    half = Cast<to = 10>(weights)
    product = Mul(image, half)
    sum = ReduceSum<keepdims = 0>(product, last)
    logits = ${op}(sum)`);

const open = (source: Source) =>
  openModel(segmenter, source, { want: undefined, variant: undefined, name: 'a test', provider: 'cpu' });
const written = (model: Model) => {
  const dir = tempFolder();
  writeModel(join(dir, 'model.onnx'), model);
  return onnxFile(join(dir, 'model.onnx'), { root: dir });
};
const redThenGreen = Uint8Array.of(255, 0, 0, 0, 255, 0);

describe('a new role', () => {
  it('is opened from an ONNX file at its first use, and let go', async () => {
    const model = await open(written(graph()));
    onTestFinished(() => model.close());
    expect([model.isOpen, model.opened]).toEqual([false, 0]);
    const [red, green] = await model.functions(redThenGreen, 2, 1);
    expect(red).toBeGreaterThan(0.99);
    expect(green).toBeLessThan(0.01);
    expect(model.isOpen).toBe(true);
    await model.release();
    expect((await model.functions(redThenGreen, 2, 1))[0]).toBe(red);
    expect(model.opened).toBe(2);
  });

  it('is opened from any other source alike', async () => {
    const file = await open(written(graph()));
    const own = await open(writtenGraph('mask.json', () => graph()));
    onTestFinished(() => Promise.all([file.close(), own.close()]).then(() => {}));
    expect(await own.functions(redThenGreen, 2, 1)).toEqual(await file.functions(redThenGreen, 2, 1));
  });

  it('is refused before it is used: as no such network, and as one the runtime does not take', async () => {
    const other = textModel('float32[B, 4] x => float32[B, 4] y\ny = Neg(x)');
    await expect(open(written(other))).rejects.toMatchObject({
      code: 'bundle-invalid',
      message: 'this is no segmenter',
      doing: expect.stringContaining('model.onnx'),
    });
    await expect(open(written(graph('Segmentise')))).rejects.toMatchObject({
      code: 'bundle-invalid',
      doing: 'loading the segmenter of a test',
      message: expect.stringContaining('Segmentise'),
    });
  });

  it('has a digest of its graph, its weights and what lies beside', async () => {
    const dir = tempFolder();
    const [first, second] = [join(dir, 'a', 'model.onnx'), join(dir, 'b', 'model.onnx')];
    for (const [i, file] of [first, second].entries()) {
      const model = graph();
      const weights = externalise(model, 'weights.bin');
      weights[0] = i;
      writeModel(file, model);
      writeFileSync(join(file, '..', 'weights.bin'), weights);
    }
    const digest = (file: string, beside: string[] = []) =>
      digestOfModel(readModel(segmenter, onnxFile(file, { root: dir, beside }), undefined));
    expect(await digest(first)).toBe(await digest(first));
    expect(await digest(second)).not.toBe(await digest(first));
    expect(await digest(first, [second])).not.toBe(await digest(first));
  });
});
