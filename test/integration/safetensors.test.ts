/** Files of weights as they lie on disks: whole, in shards, cut short, still being written, and what only looks like one. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError, errorLine } from '../../src/common/errors.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { NetworkBuilder } from '../../src/main/engine/onnx/networks/builder.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { readWeights } from '../../src/main/engine/onnx/safetensors/component.ts';
import { openSafetensors } from '../../src/main/engine/onnx/safetensors/open.ts';
import { floatsOf } from '../../src/main/engine/onnx/safetensors/values.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import {
  float32Test,
  safetensorsBytes,
  type TestTensor,
  writeSafetensors,
  writeSparseSafetensors,
} from '../helpers/safetensors-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const open = (file: string) => openSafetensors(file, 'reading it');

/** What opening says. */
function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).hint).not.toBe('');
    return errorLine(error);
  }
  throw new Error('it was not refused');
}

describe('one file', () => {
  it('gives notes, shapes, places and numbers', () => {
    const file = writeSafetensors(
      join(tempFolder(), 'a.safetensors'),
      { a: float32Test([2, 1], [1.5, -2]), 'b.c': float32Test([], [3]) },
      { format: 'pt' },
    );
    const { metadata, tensors } = open(file);
    expect([...metadata]).toEqual([['format', 'pt']]);
    expect(tensors.get('a')).toMatchObject({ type: ELEMENT.float32, dims: [2, 1], length: 8 });
    expect([...floatsOf(tensors.get('a')!)]).toEqual([1.5, -2]);
    expect([...floatsOf(tensors.get('b.c')!)]).toEqual([3]);
  });

  it('of half floats gives their numbers', () => {
    const words = (dtype: string, values: readonly number[]): TestTensor => ({
      dtype,
      shape: [values.length],
      bytes: new Uint8Array(Uint16Array.from(values).buffer),
    });
    const file = writeSafetensors(join(tempFolder(), 'a.safetensors'), {
      half: words('F16', [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000]),
      brain: words('BF16', [0x3f80, 0xc040, 0x7f80]),
      doubles: { dtype: 'F64', shape: [1], bytes: new Uint8Array(Float64Array.of(0.25).buffer) },
      whole: { dtype: 'I64', shape: [1] },
    });
    const { tensors } = open(file);
    expect([...floatsOf(tensors.get('half')!)]).toEqual([
      1,
      -2,
      2 ** -24,
      65504,
      Number.POSITIVE_INFINITY,
      -0,
    ]);
    expect([...floatsOf(tensors.get('brain')!)]).toEqual([1, -3, Number.POSITIVE_INFINITY]);
    expect([...floatsOf(tensors.get('doubles')!)]).toEqual([0.25]);
    expect(() => floatsOf(tensors.get('whole')!)).toThrow('a tensor of int64');
  });

  it('of more than four gigabytes is opened by its header alone', () => {
    const shapes = { a: [1024, 1024, 1024], b: [1024, 1024, 1100], c: [3] };
    const file = writeSparseSafetensors(join(tempFolder(), 'large.safetensors'), shapes);
    const { size, tensors } = open(file);
    expect(size).toBeGreaterThan(2 ** 32);
    const c = tensors.get('c')!;
    expect(c.offset + c.length).toBe(size);
    expect([...floatsOf(c)]).toEqual([0, 0, 0]);
  });

  it('behind a link is opened where it lies', () => {
    const dir = tempFolder();
    const file = writeSafetensors(join(dir, 'blob'), { a: float32Test([1], [1]) });
    symlinkSync('blob', join(dir, 'model.safetensors'));
    expect(open(join(dir, 'model.safetensors')).path).toBe(file);
  });
});

it.each(['F32', 'F16', 'BF16'])('weights of type %s are computed with where they lie', async (dtype) => {
  const dir = tempFolder();
  // 1, 2, -3 and 0.5 have the same upper bits in all three.
  const halves = { F16: [0x3c00, 0x4000, 0xc200, 0x3800], BF16: [0x3f80, 0x4000, 0xc040, 0x3f00] };
  const words = halves[dtype as 'F16'];
  const bytes = words ? Uint16Array.from(words).buffer : Float32Array.of(1, 2, -3, 0.5).buffer;
  // One byte before it: the runtime takes weights from any place of a file.
  writeSafetensors(join(dir, 'model.safetensors'), {
    odd: { dtype: 'U8', shape: [1] },
    'a.weight': { dtype, shape: [2, 2], bytes: new Uint8Array(bytes) },
  });
  const weights = readWeights(dir, { root: dir, label: 'model' });
  const network = new NetworkBuilder('linear', weights);
  const x = network.input('x', ELEMENT.float32, [1, 2]);
  network.output('y', network.linear('a', x, { from: 2, to: 2 }), [1, 2]);
  const { model, folder, files } = network.finish((name) => name === 'odd');
  expect(files).toEqual([join(dir, 'model.safetensors')]);
  const session = await createSession(serializeModel(model), { folder, provider: 'cpu', label: 'linear' });
  const { y } = await session.run({ x: { type: 'float32', data: Float32Array.of(1, 10), dims: [1, 2] } }, [
    'y',
  ]);
  await session.release();
  expect([...y!.data]).toEqual([21, 2]);
});

describe('what only looks like one is named', () => {
  const whole = { a: float32Test([2], [1, 2]) };
  const written: [string, (file: string) => void, RegExp][] = [
    ['nothing at all', () => {}, /file is missing/],
    ['an empty file', (file) => writeFileSync(file, ''), /is empty.*Download it again/],
    ['three bytes', (file) => writeFileSync(file, 'abc'), /not a safetensors file/],
    ['zeros', (file) => writeFileSync(file, Buffer.alloc(4096)), /still being downloaded/],
    ['a web page', (file) => writeFileSync(file, '<!DOCTYPE html><title>Sign in</title>'), /is a web page/],
    [
      'a pointer',
      (file) => writeFileSync(file, 'version https://git-lfs.github.com/spec/v1\n'),
      /LFS pointer.*git lfs pull/,
    ],
    [
      'a pickle',
      (file) => writeFileSync(file, Buffer.from('\x80\x02}q\x00X\x05\x00\x00\x00state', 'latin1')),
      /a pickle.*can run code.*safetensors form/,
    ],
    [
      'a zip of pickles',
      (file) => writeFileSync(file, zipStart('archive/data.pkl')),
      /a pickle.*can run code/,
    ],
    ['a zip of pictures', (file) => writeFileSync(file, zipStart('preview.png')), /is a zip archive.*Unpack/],
    ['another form', (file) => writeFileSync(file, `GGUF${'\0'.repeat(60)}`), /GGUF/],
    [
      'a picture',
      (file) => writeFileSync(file, `\x89PNG\r\n\x1a\n${'\0'.repeat(60)}`, 'latin1'),
      /is a picture/,
    ],
    [
      'some text',
      (file) => writeFileSync(file, 'this is no model, whatever its name says'),
      /not a safetensors file/,
    ],
    [
      'a header longer than the file',
      (file) => writeFileSync(file, prefixed(5000n, '{"a":1}')),
      /cut short: its header alone has 5000 bytes.*still being downloaded/,
    ],
    [
      'a header of many gigabytes',
      (file) => writeFileSync(file, prefixed(2n ** 40n, '{"a":1}')),
      /is no header/,
    ],
    [
      'nested deeply',
      (file) => writeFileSync(file, safetensorsBytes(`{"a":${'['.repeat(5000)}`, Buffer.alloc(0))),
      /nested too deeply/,
    ],
    [
      'cut short',
      (file) => truncateSync(writeSafetensors(file, whole), 70),
      /cut short: \d+ bytes are missing.*still being downloaded/,
    ],
    ['a folder', (file) => mkdirSync(file), /a folder is where the file should be/],
    ['a pipe', (file) => execFileSync('mkfifo', [file]), /no file but a pipe/],
    ['a device', (file) => symlinkSync('/dev/zero', file), /no file but a pipe or a device/],
    ['a circle of links', (file) => symlinkSync('model.safetensors', file), /cannot be read/],
    ['a link to nothing', (file) => symlinkSync('gone', file), /file is missing/],
  ];
  it.each(written)('%s', (_, write, says) => {
    const file = join(tempFolder(), 'model.safetensors');
    write(file);
    expect(refusal(() => open(file))).toMatch(says);
  });

  it('more bytes than the header tells of', () => {
    const file = writeSafetensors(join(tempFolder(), 'model.safetensors'), whole);
    writeFileSync(file, 'more', { flag: 'a' });
    expect(refusal(() => open(file))).toMatch(/4 bytes at its end belong to nothing/);
  });
});

function prefixed(length: bigint, rest: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length);
  return Buffer.concat([head, Buffer.from(rest)]);
}

/** The header of a zip archive's first file. */
function zipStart(name: string): Buffer {
  const head = Buffer.alloc(30);
  head.write('PK\x03\x04', 'latin1');
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, Buffer.from(name), Buffer.alloc(40)]);
}

describe("a network's folder", () => {
  const at = (value: number) => ({ w: float32Test([1], [value]) });
  const valueIn = (root: string) =>
    floatsOf(readWeights(join(root, 'unet'), { root, label: 'unet of x' }).get('w')!)[0];
  const folder = () => {
    const root = tempFolder();
    mkdirSync(join(root, 'unet'));
    const write = (name: string, value: number) => writeSafetensors(join(root, 'unet', name), at(value));
    return { root, write };
  };

  it('has the plain file before any variant', () => {
    const { root, write } = folder();
    write('diffusion_pytorch_model.bf16.safetensors', 3);
    expect(valueIn(root)).toBe(3);
    write('diffusion_pytorch_model.fp16.safetensors', 2);
    expect(valueIn(root)).toBe(2);
    write('diffusion_pytorch_model.safetensors', 1);
    expect(valueIn(root)).toBe(1);
  });

  it('may have one file of any name, not several', () => {
    const { root, write } = folder();
    write('mine.safetensors', 5);
    expect(valueIn(root)).toBe(5);
    write('yours.safetensors', 6);
    expect(refusal(() => valueIn(root))).toMatch(/several files of weights: mine.safetensors, yours/);
    write('diffusion_pytorch_model.safetensors', 7);
    expect(valueIn(root)).toBe(7);
  });

  it('without weights, with pickles only, or still downloading is named so', () => {
    const { root } = folder();
    expect(refusal(() => valueIn(root))).toMatch(/no file of weights/);
    writeFileSync(join(root, 'unet', 'diffusion_pytorch_model.bin'), 'x');
    expect(refusal(() => valueIn(root))).toMatch(/diffusion_pytorch_model.bin is a PyTorch checkpoint/);
    writeFileSync(join(root, 'unet', 'x.incomplete'), '');
    expect(refusal(() => valueIn(root))).toMatch(/has not finished/);
  });

  it('has links into the blobs of a cache, and none that lead further', () => {
    const cache = tempFolder();
    const root = join(cache, 'snapshots', 'abc');
    mkdirSync(join(root, 'unet'), { recursive: true });
    mkdirSync(join(cache, 'blobs'));
    writeSafetensors(join(cache, 'blobs', '0123'), at(4));
    const link = join(root, 'unet', 'diffusion_pytorch_model.safetensors');
    symlinkSync('../../../blobs/0123', link);
    expect(valueIn(root)).toBe(4);
    rmSync(link);
    symlinkSync(writeSafetensors(join(tempFolder(), 'x'), at(1)), link);
    expect(refusal(() => valueIn(root))).toMatch(/leads out of the bundle/);
  });

  describe('in shards', () => {
    const index = 'diffusion_pytorch_model.safetensors.index.json';
    const shards = ['1', '2'].map((n) => `diffusion_pytorch_model-0000${n}-of-00002.safetensors`);
    const sharded = (map: Record<string, unknown>) => {
      const { root } = folder();
      const dir = join(root, 'unet');
      for (const [i, shard] of shards.entries())
        writeSafetensors(join(dir, shard), { [`w${i}`]: float32Test([1], [i]) });
      writeFileSync(join(dir, index), JSON.stringify({ weight_map: map }));
      const read = () => readWeights(dir, { root, label: 'unet of x' });
      return { dir, read };
    };

    it('is read by its index', () => {
      const { dir, read } = sharded({ w0: shards[0], w1: shards[1] });
      expect(floatsOf(read().get('w1')!)[0]).toBe(1);
      rmSync(join(dir, shards[1]!));
      expect(refusal(read)).toMatch(/1 of its 2 parts are missing: diffusion_pytorch_model-00002/);
      renameSync(join(dir, index), join(dir, index.replace('.json', '.fp16.json')));
      expect(refusal(read)).toMatch(/1 of its 2 parts/);
    });

    it.each([
      [{ w0: shards[1] }, /lacks the weight w0/],
      [{ w0: '../../x.safetensors' }, /not beside it/],
      [{ w0: '..\\x.safetensors' }, /not beside it/],
      [{ w0: '/etc/x.safetensors' }, /not beside it/],
      [{ w0: 3 }, /no file of weights/],
      [{ w0: 'model.bin' }, /no file of weights/],
    ])('with the index %j is refused', (map, says) => {
      expect(refusal(sharded(map).read)).toMatch(says);
    });

    it('with a damaged index is refused', () => {
      const { dir, read } = sharded({});
      writeFileSync(join(dir, index), '{"weight_map":');
      expect(refusal(read)).toMatch(/not valid JSON/);
      writeFileSync(join(dir, index), '[]');
      expect(refusal(read)).toMatch(/weight_map is missing/);
    });
  });
});
