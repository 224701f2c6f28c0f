/** How the values of artefacts become bytes and come back. */
import type { Conditioning } from '../diffusion/types.ts';

/** Bytes and the shape that says how to read them. */
export interface Packed {
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Codec<T> {
  pack(value: T): Packed;
  /** Null where the bytes are not what `pack` makes. */
  unpack(packed: Packed): T | null;
}

/** Float32 numbers, row-major. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export const tensor: Codec<Tensor> = {
  pack: ({ shape, data }) => ({ shape, bytes: bytesOf(data) }),
  unpack({ shape, bytes }) {
    const data = floatsOf(bytes);
    return data?.length === sizeOf(shape) ? { shape, data } : null;
  },
};

/** Shape: tokens, dim, length of the pooled text, count of size conditions; the last two are 0 where there are none. */
export const conditioning: Codec<Conditioning> = {
  pack({ hidden, tokens, dim, pooled, timeIds }) {
    const parts = [hidden, pooled, timeIds].filter((part) => part !== undefined);
    return { shape: [tokens, dim, pooled?.length ?? 0, timeIds?.length ?? 0], bytes: joined(parts) };
  },
  unpack({ shape, bytes }) {
    const [tokens = 0, dim = 0, pooled = 0, times = 0] = shape;
    const data = floatsOf(bytes);
    const text = tokens * dim;
    if (data?.length !== text + pooled + times) return null;
    return {
      hidden: data.slice(0, text),
      tokens,
      dim,
      ...(pooled > 0 && { pooled: data.slice(text, text + pooled) }),
      ...(times > 0 && { timeIds: data.slice(text + pooled) }),
    };
  },
};

/** Tensors with names. The shape is the length of what is said of them in front: their names and shapes as JSON. */
export const namedTensors: Codec<Readonly<Record<string, Tensor>>> = {
  pack(tensors) {
    const shapes = Object.entries(tensors).map(([name, { shape }]) => [name, shape]);
    const head = new TextEncoder().encode(JSON.stringify(shapes));
    const data = joined(Object.values(tensors).map((one) => one.data));
    return { shape: [head.length], bytes: Buffer.concat([head, data]) };
  },
  unpack({ shape, bytes }) {
    const head = shape[0] ?? 0;
    try {
      const shapes: [string, number[]][] = JSON.parse(new TextDecoder().decode(bytes.subarray(0, head)));
      let at = head;
      const tensors = shapes.map(([name, dims]): [string, Tensor] => {
        const end = at + sizeOf(dims) * Float32Array.BYTES_PER_ELEMENT;
        const data = floatsOf(bytes.slice(at, end));
        if (!data || end > bytes.length) throw new RangeError('it is cut short');
        at = end;
        return [name, { shape: dims, data }];
      });
      return at === bytes.length ? Object.fromEntries(tensors) : null;
    } catch {
      return null;
    }
  },
};

export const plainBytes: Codec<Uint8Array> = {
  pack: (bytes) => ({ shape: [bytes.length], bytes }),
  unpack: ({ bytes }) => new Uint8Array(bytes),
};

/** Plain data of ours. */
export function json<T>(): Codec<T> {
  return {
    pack(value) {
      const bytes = new TextEncoder().encode(JSON.stringify(value));
      return { shape: [bytes.length], bytes };
    },
    unpack({ bytes }) {
      try {
        return JSON.parse(new TextDecoder().decode(bytes)) as T;
      } catch {
        return null;
      }
    },
  };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function joined(parts: readonly Float32Array[]): Uint8Array {
  return Buffer.concat(parts.map(bytesOf));
}

/** Copied, because bytes from a database or a file lie at any alignment. */
function floatsOf(bytes: Uint8Array): Float32Array | null {
  if (bytes.byteLength % Float32Array.BYTES_PER_ELEMENT !== 0) return null;
  const data = new Float32Array(bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
  new Uint8Array(data.buffer).set(bytes);
  return data;
}
