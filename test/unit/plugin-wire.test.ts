import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, type Frame, FrameReader, KIND, WireFault } from '../../src/main/plugin-child/wire.ts';

/** What is read of bytes that come in pieces. */
function read(bytes: Uint8Array, piece = bytes.length, accept = () => true) {
  const frames: Frame[] = [];
  const faults: string[] = [];
  const reader = new FrameReader({
    accept,
    onFrame: (frame) => frames.push(frame),
    onFault: (_announced, { message }) => faults.push(message),
  });
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  return { frames, faults };
}

const joined = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const frame = (value: unknown, id = 7) => joined(encodeFrame(KIND.reply, id, value));

/** A frame that no honest side would write. */
function raw(json: string, arrays = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(json);
  const head = Buffer.alloc(16);
  [KIND.reply, 7, text.length, arrays.length].forEach((value, i) => {
    head.writeUInt32LE(value, 4 * i);
  });
  return joined([head, text, arrays]);
}

describe('frames', () => {
  it('bring every tree of JSON and arrays, in pieces of any size, one after the other', () => {
    const array = fc.oneof(
      fc.float32Array({ noNaN: true, noDefaultInfinity: true }),
      fc.float64Array({ noNaN: true, noDefaultInfinity: true }),
      fc.int32Array(),
      fc.uint8Array(),
    );
    const key = fc.string().filter((text) => text !== '__proto__');
    const { tree } = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), array),
      tree: fc.oneof(
        { maxDepth: 4 },
        tie('leaf'),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, tree, fc.integer({ min: 1, max: 50 }), (one, other, piece) => {
        const { frames, faults } = read(joined([frame(one, 1), frame(other, 2)]), piece);
        expect(faults).toEqual([]);
        expect(frames.map(({ id }) => id)).toEqual([1, 2]);
        expect(frames.map(({ value }) => value)).toEqual([one, other]);
      }),
    );
  });

  it('hold no number that is not finite and no key that reaches prototypes, both ways', () => {
    for (const value of [
      Number.NaN,
      [Infinity],
      { a: new Float32Array([0, Number.NaN]) },
      1n,
      JSON.parse('{"__proto__": 1}'),
    ])
      expect(() => frame(value)).toThrow(WireFault);
    const infinite = new Uint8Array(new Float32Array([1, Number.POSITIVE_INFINITY]).buffer);
    const padded = '{"a":{"\\u0000f32":[0,2]}}'.padEnd(32);
    for (const bytes of [
      ...[raw('1e999'), raw('{"__proto__": {"polluted": true}}'), raw(padded, infinite), raw('{'), raw('')],
      ...[raw('"\xff'), raw(`${'['.repeat(5000)}${']'.repeat(5000)}`)],
      // Arrays that are not there, not whole, or not where arrays can be.
      ...['[0,3]', '[8,1]', '[-8,1]', '[0,1e300]', '[1,1]', '[0]', '"x"', '[0,-1]'].map((place) =>
        raw(`{"\\u0000f32":${place}}`.padEnd(32), new Uint8Array(8)),
      ),
      raw('{"\\u0000f16":[0,1]}'.padEnd(32), new Uint8Array(8)),
      raw('{"\\u0000f32":[0,1]}'.padEnd(33), new Uint8Array(8)),
    ]) {
      const { frames, faults } = read(joined([bytes, frame('next')]));
      expect([frames.map(({ value }) => value), faults.length]).toEqual([['next'], 1]);
    }
    expect({}).not.toHaveProperty('polluted');
  });

  it('are passed over where they are not wanted, and refused before they come', () => {
    let asked = 0;
    const { frames } = read(joined([frame(new Float32Array(1000)), frame('kept')]), 10, () => asked++ > 0);
    expect(frames.map(({ value }) => value)).toEqual(['kept']);
    const refuse = () => {
      throw new Error('too much');
    };
    expect(() => read(frame('x').subarray(0, 16), 16, refuse)).toThrow('too much');
  });
});
