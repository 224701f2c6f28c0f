/** NaN and infinity among weights are found wherever they lie and however the file is read. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FiniteCheck, type WeightRange } from '../../src/main/engine/models/finite.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';

/** Bytes of an element, and elements that are no numbers, little-endian; of float8 as e4m3fn has it. */
const KINDS: readonly (readonly [type: number, size: number, broken: readonly (readonly number[])[]])[] = [
  [
    ELEMENT.float64,
    8,
    [
      [0, 0, 0, 0, 0, 0, 0xf0, 0x7f],
      [1, 0, 0, 0, 0, 0, 0xf8, 0xff],
    ],
  ],
  [
    ELEMENT.float32,
    4,
    [
      [0, 0, 0x80, 0x7f],
      [1, 0, 0xc0, 0xff],
    ],
  ],
  [
    ELEMENT.float16,
    2,
    [
      [0, 0x7c],
      [1, 0xfe],
    ],
  ],
  [
    ELEMENT.bfloat16,
    2,
    [
      [0x80, 0x7f],
      [0xc0, 0xff],
    ],
  ],
  [ELEMENT.float8e4m3fn, 1, [[0x7f], [0xff]]],
  [ELEMENT.float8e5m2, 1, [[0x7c], [0xff]]],
];

/** Elements of any sign, the largest among them, and none that is no number. */
function sound(type: number, size: number, count: number): Uint8Array {
  const largest: Record<number, number[]> = {
    [ELEMENT.float64]: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xef, 0xff],
    [ELEMENT.float32]: [0xff, 0xff, 0x7f, 0xff],
    [ELEMENT.float16]: [0xff, 0xfb],
    [ELEMENT.bfloat16]: [0x7f, 0xff],
    [ELEMENT.float8e4m3fn]: [0xfe],
    [ELEMENT.float8e5m2]: [0x7b],
  };
  const bytes = new Uint8Array(size * count);
  for (let i = 0; i < count; i += 2) bytes.set(largest[type]!, i * size);
  return bytes;
}

const plan = fc.record({
  kinds: fc.array(
    fc.record({ kind: fc.nat({ max: 5 }), count: fc.nat({ max: 40 }), gap: fc.nat({ max: 9 }) }),
    {
      minLength: 1,
      maxLength: 6,
    },
  ),
  broken: fc.option(fc.record({ which: fc.nat(), at: fc.nat(), form: fc.nat() })),
  pieces: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 4 }),
});

it('the weight that holds one is named, and no other', () => {
  const holds = fc.property(plan, ({ kinds, broken, pieces }) => {
    const parts: Uint8Array[] = [];
    const ranges: WeightRange[] = [];
    let offset = 0;
    for (const [i, { kind, count, gap }] of kinds.entries()) {
      const [type, size] = KINDS[kind]!;
      // What belongs to no weight may be anything.
      parts.push(new Uint8Array(gap).fill(0xff), sound(type, size, count));
      ranges.push({ name: `w${i}`, type, offset: offset + gap, length: size * count });
      offset += gap + size * count;
    }
    const bytes = Buffer.concat(parts);
    const held = ranges.filter(({ length }) => length > 0);
    const target = broken && held.length > 0 ? held[broken.which % held.length]! : null;
    if (broken && target) {
      const [, size, forms] = KINDS.find(([type]) => type === target.type)!;
      const element = broken.at % (target.length / size);
      bytes.set(forms[broken.form % forms.length]!, target.offset + element * size);
    }
    const check = new FiniteCheck([...ranges].reverse());
    let found: string | null = null;
    for (let at = 0, i = 0; at < bytes.length && found === null; i++) {
      const length = pieces[i % pieces.length]!;
      found = check.take(bytes.subarray(at, at + length));
      at += length;
    }
    expect(found).toBe(target?.name ?? null);
  });
  fc.assert(holds, { seed: 1, numRuns: 2000 });
});

it('whole numbers are none of its affair', () => {
  const check = new FiniteCheck([{ name: 'ids', type: ELEMENT.int64, offset: 0, length: 8 }]);
  expect(check.take(new Uint8Array(8).fill(0xff))).toBeNull();
});
