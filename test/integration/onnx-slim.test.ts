import { mkdirSync, realpathSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { encodeField, encodeVarint } from '../../src/main/engine/onnx/wire.ts';
import { bits, int64, noise, noiseFeed, runOnce, textModel } from '../helpers/onnx.ts';
import { externalise, twoLayers, writeModel } from '../helpers/onnx-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const feeds = { x: noiseFeed('x', [2, 32]) };

async function expectSame(file: string, root: string): Promise<void> {
  const plain = await runOnce(twoLayers(), feeds, ['y']);
  const { model, folder } = loadGraph(file, { root });
  const loaded = await runOnce(model, feeds, ['y'], folder);
  expect(bits(loaded.y!.data).equals(bits(plain.y!.data))).toBe(true);
}

function kinds(model: Model): string[] {
  return [...model.graph.initializers.values()].map((tensor) => tensor.data.kind);
}

function refused(file: string, root: string): { code: string; message: string; hint: string } {
  try {
    loadGraph(file, { root });
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
  throw new Error('it was loaded');
}

/** A bundle with weights beside the graph. */
function external(location = 'model.onnx_data', options?: { length?: boolean; align?: number }) {
  const root = tempFolder();
  const model = twoLayers();
  const weights = externalise(model, location, options);
  const file = join(root, 'unet', 'model.onnx');
  writeModel(file, model);
  return { root, file, weights, data: join(root, 'unet', 'model.onnx_data') };
}

describe('a graph without its weights', () => {
  it('leaves weights in the one file they came in, and computes the same', async () => {
    const root = tempFolder();
    const file = join(root, 'unet', 'model.onnx');
    writeModel(file, twoLayers());
    const loaded = loadGraph(file, { root });
    expect(kinds(loaded.model)).toEqual(['external', 'external', 'bytes']);
    expect(serializeModel(loaded.model).length).toBeLessThan(1000);
    expect(loaded.files).toEqual([realpathSync(file)]);
    await expectSame(file, root);
  });

  it.each([
    ['with offset and length', {}],
    ['without length', { length: false }],
    ['aligned to pages', { align: 4096 }],
  ])('reads weights beside the graph %s', async (_, options) => {
    const { root, file, data, weights } = external('model.onnx_data', options);
    writeFileSync(data, weights);
    await expectSame(file, root);
  });

  it('reads weights in a folder below, whose name has spaces and letters of any script', async () => {
    const { root, file, weights } = external('Gewichte für мир/w b.bin');
    mkdirSync(join(root, 'unet', 'Gewichte für мир'));
    writeFileSync(join(root, 'unet', 'Gewichte für мир', 'w b.bin'), weights);
    await expectSame(file, root);
  });

  it('follows the links of a Hugging Face cache into its blobs', async () => {
    const cache = join(tempFolder(), 'models--someone--model');
    const snapshot = join(cache, 'snapshots', 'abc123');
    mkdirSync(join(cache, 'blobs'), { recursive: true });
    mkdirSync(join(snapshot, 'unet'), { recursive: true });
    const model = twoLayers();
    writeFileSync(join(cache, 'blobs', 'd1'), externalise(model, 'model.onnx_data'));
    writeFileSync(join(cache, 'blobs', 'd2'), serializeModel(model));
    symlinkSync('../../../blobs/d1', join(snapshot, 'unet', 'model.onnx_data'));
    symlinkSync('../../../blobs/d2', join(snapshot, 'unet', 'model.onnx'));
    await expectSame(join(snapshot, 'unet', 'model.onnx'), snapshot);
  });

  it('takes a bundle that is itself a link', async () => {
    const { root, file, data, weights } = external();
    writeFileSync(data, weights);
    const link = join(tempFolder(), 'link');
    symlinkSync(root, link);
    await expectSame(file.replace(root, link), link);
  });

  it('reads packed float fields in place', async () => {
    const root = tempFolder();
    const file = join(root, 'model.onnx');
    const bytes = Buffer.from(serializeModel(twoLayers()));
    // Field 9 (raw_data) of 4096 bytes becomes field 4 (float_data) of the same wire form.
    const tag = Buffer.from([0x4a, 0x80, 0x20]);
    let count = 0;
    for (let at = bytes.indexOf(tag); at >= 0; at = bytes.indexOf(tag, at + 1), count++) bytes[at] = 0x22;
    expect(count).toBe(2);
    writeFileSync(file, bytes);
    expect(kinds(loadGraph(file, { root }).model)).toEqual(['external', 'external', 'bytes']);
    await expectSame(file, root);
  });
});

describe('a file over 2 GiB', () => {
  it('is read at once and runs, its weights left where they are', async () => {
    const root = tempFolder();
    const file = join(root, 'model.onnx');
    const rows = 17_500_000;
    const size = rows * 32 * 4;
    const model = textModel(`float32[B, 32] x, int64[1] row => float32[B, 32] y
      float32[32, 32] a
      h = MatMul(x, a)
      r = Gather<axis = 0>(big, row)
      y = Add(h, r)`);
    // Protobuf merges a message given in two parts: first the large tensor, whose data is a hole but for its last row.
    const field = (number: number, length: number) =>
      Buffer.concat([encodeVarint(number * 8 + 2), encodeVarint(length)]);
    const shape = Buffer.concat([Buffer.from([0x08]), encodeVarint(rows), Buffer.from([0x08, 32, 0x10, 1])]);
    const tensor = Buffer.concat([shape, ...encodeField(8, [Buffer.from('big')]), field(9, size)]);
    const inGraph = Buffer.concat([field(5, tensor.length + size), tensor]);
    const head = Buffer.concat([field(7, inGraph.length + size), inGraph]);
    writeFileSync(file, head);
    truncateSync(file, head.length + size - 128);
    const last = noise('last row', 32);
    writeFileSync(file, bits(last), { flag: 'a' });
    writeFileSync(file, serializeModel(model), { flag: 'a' });
    const held = process.memoryUsage().arrayBuffers;
    const loaded = loadGraph(file, { root });
    // The weights stay on disk.
    expect(process.memoryUsage().arrayBuffers - held).toBeLessThan(2 ** 24);
    expect(loaded.model.graph.initializers.get('a')!.data).toMatchObject({ kind: 'external', length: 4096 });
    const session = await createSession(loaded.model, {
      folder: loaded.folder,
      provider: 'cpu',
      label: 'a large model',
      lowMemory: true,
    });
    const { y } = await session.run({ ...feeds, row: int64([1], rows - 1) }, ['y']);
    await session.release();
    const small = textModel('float32[B, 32] x => float32[B, 32] y\nfloat32[32, 32] a\ny = MatMul(x, a)');
    const without = await runOnce(small, feeds, ['y']);
    for (const [i, value] of without.y!.data.entries())
      expect(y!.data[i]).toBeCloseTo(value + last[i % 32]!, 5);
  });
});

describe('a bundle that is not whole', () => {
  it('names the missing weights file', () => {
    const { root, file } = external();
    expect(refused(file, root)).toMatchObject({
      code: 'weights-missing',
      message: expect.stringContaining('model.onnx_data'),
    });
  });

  it('tells weights that are cut short', () => {
    const { root, file, data, weights } = external();
    writeFileSync(data, weights.subarray(0, -1));
    expect(refused(file, root)).toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringMatching(/cut short.*8191.*8192/),
    });
  });

  it.each(['model.onnx', 'model.onnx_data'])('tells a Git LFS pointer in place of %s', (name) => {
    const { root, file, data, weights } = external();
    writeFileSync(data, weights);
    writeFileSync(
      join(root, 'unet', name),
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
    );
    expect(refused(file, root)).toMatchObject({
      code: 'weights-missing',
      message: `${name} is a Git LFS pointer, not the weights themselves`,
    });
  });

  it.each(['model.onnx', 'model.onnx_data'])('tells a web page in place of %s', (name) => {
    const { root, file, data, weights } = external();
    writeFileSync(data, weights);
    writeFileSync(join(root, 'unet', name), '\n<!DOCTYPE html>\n<html><body>Sign in</body></html>');
    expect(refused(file, root)).toMatchObject({
      code: 'bundle-invalid',
      message: `${name} is a web page, not a model`,
    });
  });

  it('tells an empty file, another kind of file, and none', () => {
    const root = tempFolder();
    const file = join(root, 'model.onnx');
    expect(refused(file, root)).toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringContaining('no file'),
    });
    writeFileSync(file, '');
    expect(refused(file, root).message).toBe('model.onnx is empty');
    writeFileSync(file, Buffer.from('{"_class_name": "UNet2DConditionModel"}'));
    expect(refused(file, root)).toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringContaining('not an ONNX model'),
    });
    mkdirSync(join(root, 'folder.onnx'));
    expect(refused(join(root, 'folder.onnx'), root).code).toBe('bundle-invalid');
  });

  it('tells a half download of a one-file model', () => {
    const root = tempFolder();
    const file = join(root, 'model.onnx');
    writeModel(file, twoLayers());
    truncateSync(file, 5000);
    expect(refused(file, root)).toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringContaining('cut short'),
    });
  });

  it.each(['../secret.bin', '/etc/hostname', 'a/../../secret.bin', '..\\secret.bin', ''])(
    'refuses weights named "%s"',
    (location) => {
      const { root, file, weights } = external(location);
      writeFileSync(join(root, 'secret.bin'), weights);
      expect(refused(file, root)).toMatchObject({
        code: 'bundle-invalid',
        message: expect.stringContaining('outside its folder'),
      });
    },
  );

  it('refuses a link that leads out of the bundle', () => {
    const { root, file, data, weights } = external();
    const outside = join(tempFolder(), 'weights.bin');
    writeFileSync(outside, weights);
    symlinkSync(outside, data);
    expect(refused(file, root)).toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringContaining('leads out of the bundle'),
    });
  });

  it('refuses a length that does not fit the shape', () => {
    const root = tempFolder();
    const model = twoLayers();
    const weights = externalise(model, 'w.bin');
    const a = model.graph.initializers.get('a')!;
    a.data = { kind: 'external', location: 'w.bin', offset: 0, length: 4000 };
    writeModel(join(root, 'model.onnx'), model);
    writeFileSync(join(root, 'w.bin'), weights);
    expect(refused(join(root, 'model.onnx'), root).message).toMatch(
      /the weight a has 4000 bytes.*needs 4096/,
    );
  });
});
