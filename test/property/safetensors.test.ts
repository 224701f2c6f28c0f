/** Headers of safetensors files: sound ones are read as they are, all others are refused in words. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { HeaderError, parseHeader } from '../../src/main/engine/onnx/safetensors/header.ts';
import { openSafetensors } from '../../src/main/engine/onnx/safetensors/open.ts';
import {
  BYTES_OF,
  headerOf,
  safetensorsBytes,
  type TestHeader,
  type TestTensor,
} from '../helpers/safetensors-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const tensor: fc.Arbitrary<TestTensor> = fc.record({
  dtype: fc.constantFrom(...Object.keys(BYTES_OF)),
  shape: fc.array(fc.nat({ max: 5 }), { maxLength: 4 }),
});
const tensors = fc.dictionary(fc.string({ minLength: 1, maxLength: 30 }), tensor, { maxKeys: 12 });

const parse = (header: TestHeader | string, size: number) =>
  parseHeader(Buffer.from(typeof header === 'string' ? header : JSON.stringify(header)), size);

describe('a header', () => {
  it('is read as it was written, in whatever order its tensors stand', () => {
    const holds = fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (all, notes) => {
      const { header, size } = headerOf(all, notes);
      const shuffled = Object.fromEntries(Object.entries(header).reverse());
      const read = parse(shuffled, size);
      expect(Object.fromEntries(read.metadata)).toEqual({ ...notes });
      expect(new Set(read.tensors.keys())).toEqual(new Set(Object.keys(all)));
      for (const [name, { shape }] of Object.entries(all)) {
        const { data_offsets } = header[name] as { data_offsets: [number, number] };
        const { dims, begin, end } = read.tensors.get(name)!;
        expect({ dims, at: [begin, end] }).toEqual({ dims: shape, at: data_offsets });
      }
    });
    fc.assert(holds, { seed: 1, numRuns: 200 });
  });

  it('with an offset moved, a side changed or bytes missing is refused', () => {
    const holds = fc.property(tensors, fc.nat(), fc.integer({ min: 1, max: 9 }), (all, which, by) => {
      const { header, size } = headerOf(all);
      expect(() => parse(header, size + by)).toThrow(HeaderError);
      if (size > 0) expect(() => parse(header, size - 1)).toThrow(/cut short|belong/);
      const held = Object.keys(all).filter((name) => all[name]!.shape.every((side) => side > 0));
      if (held.length === 0) return;
      const name = held[which % held.length]!;
      const entry = header[name] as { shape: number[]; data_offsets: [number, number] };
      const [begin, end] = entry.data_offsets;
      const moved = { ...header, [name]: { ...entry, data_offsets: [begin + by, end + by] } };
      expect(() => parse(moved, size + by)).toThrow(HeaderError);
      const grown = { ...header, [name]: { ...entry, shape: [...entry.shape, by + 1] } };
      expect(() => parse(grown, size)).toThrow(/needs/);
    });
    fc.assert(holds, { seed: 2, numRuns: 200 });
  });

  it.each([
    ['', 'not valid JSON'],
    ['[]', 'no list of tensors'],
    [
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      'has a twice',
    ],
    ['{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}', 'has dtype twice'],
    [`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'nested too deeply'],
    [`{"a":${'['.repeat(100_000)}`, 'nested too deeply'],
    ['{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}', 'not valid JSON'],
    ['{"a":"b', 'not valid JSON'],
    ['{"a":1}', 'a is not described'],
    ['{"a":{"shape":[1],"data_offsets":[0,4]}}', 'a has no type'],
    ['{"a":{"dtype":"F6_E2M3","shape":[1],"data_offsets":[0,4]}}', 'type F6_E2M3'],
    ['{"a":{"dtype":"constructor","shape":[1],"data_offsets":[0,4]}}', 'type constructor'],
    ['{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 'no shape'],
    ['{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}', 'no shape'],
    ['{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 'no place'],
    ['{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', 'has -4 bytes'],
    ['{"a":{"dtype":"F32","shape":[9007199254740991,4096],"data_offsets":[0,4]}}', 'impossible shape'],
    [
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}',
      'a and b overlap',
    ],
    [
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[6,10]}}',
      '2 bytes before the tensor b',
    ],
    ['{"__metadata__":[1]}', 'notes are not'],
  ])('%.60s is refused', (header, says) => {
    expect(() => parse(header, 10)).toThrow(says);
  });

  it('may have a name that is a word of the language or looks like an escape', () => {
    const all = { __proto__x: { dtype: 'U8', shape: [1] }, 'a\\"b': { dtype: 'U8', shape: [1] } };
    const { header, size } = headerOf(all);
    expect([...parse(header, size).tensors.keys()]).toEqual(Object.keys(all));
    const proto = '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
    expect([...parse(proto, 1).tensors.keys()]).toEqual(['__proto__']);
  });
});

it('a file with any bytes changed or cut away opens or is refused in one line', () => {
  const file = join(tempFolder(), 'model.safetensors');
  const change = fc.record({ at: fc.nat({ max: 400 }), to: fc.nat({ max: 255 }) });
  const holds = fc.property(
    tensors,
    fc.array(change, { maxLength: 3 }),
    fc.nat({ max: 500 }),
    (all, changes, cut) => {
      const { header, size } = headerOf(all);
      const bytes = safetensorsBytes(header, Buffer.alloc(size));
      for (const { at, to } of changes) if (at < bytes.length) bytes[at] = to;
      writeFileSync(file, bytes.subarray(0, Math.max(0, bytes.length - cut)));
      try {
        openSafetensors(file, 'reading model.safetensors');
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect((error as AppError).message).not.toContain('\n');
        expect((error as AppError).hint).not.toBe('');
      }
    },
  );
  fc.assert(holds, { seed: 3, numRuns: 500 });
});
