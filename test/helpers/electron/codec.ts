/** Structured clone as text, for a channel that carries strings only. */

export interface Codec {
  encode(value: unknown): string;
  decode(text: string): unknown;
}

/** Self-contained, for its own source text is put into the page too. */
export function makeCodec(): Codec {
  type Tagged = { $: string; v?: unknown };
  const toBase64 = (bytes: Uint8Array): string => {
    let text = '';
    for (let i = 0; i < bytes.length; i += 32768) {
      text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    }
    return btoa(text);
  };
  const fromBase64 = (text: string): Uint8Array => {
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    return bytes;
  };

  const pack = (value: unknown): unknown => {
    if (value === undefined) return { $: 'undefined' };
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'number') {
      return Number.isFinite(value) ? value : { $: 'number', v: String(value) };
    }
    if (typeof value === 'bigint') return { $: 'bigint', v: String(value) };
    if (typeof value === 'function' || typeof value === 'symbol' || value instanceof Promise) {
      throw new Error('An object could not be cloned.');
    }
    if (Array.isArray(value)) return { $: 'array', v: value.map(pack) };
    if (value instanceof Date) return { $: 'date', v: value.getTime() };
    if (value instanceof Map) return { $: 'map', v: [...value].map(([key, one]) => [pack(key), pack(one)]) };
    if (value instanceof Set) return { $: 'set', v: [...value].map(pack) };
    if (value instanceof Error) return { $: 'error', v: [value.name, value.message] };
    if (value instanceof ArrayBuffer) return { $: 'buffer', v: toBase64(new Uint8Array(value)) };
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      // Node's Buffer crosses as what it is underneath.
      const name = value.constructor.name === 'Buffer' ? 'Uint8Array' : value.constructor.name;
      return { $: 'view', v: [name, toBase64(bytes)] };
    }
    return {
      $: 'object',
      v: Object.fromEntries(Object.entries(value).map(([key, one]) => [key, pack(one)])),
    };
  };

  const unpack = (packed: unknown): unknown => {
    if (packed === null || typeof packed !== 'object') return packed;
    const { $: tag, v } = packed as Tagged;
    switch (tag) {
      case 'number':
        return Number(v);
      case 'bigint':
        return BigInt(v as string);
      case 'array':
        return (v as unknown[]).map(unpack);
      case 'date':
        return new Date(v as number);
      case 'map':
        return new Map((v as [unknown, unknown][]).map(([key, one]) => [unpack(key), unpack(one)]));
      case 'set':
        return new Set((v as unknown[]).map(unpack));
      case 'error':
        return Object.assign(new Error((v as string[])[1]), { name: (v as string[])[0] });
      case 'buffer':
        return fromBase64(v as string).buffer;
      case 'view': {
        const [name, text] = v as [string, string];
        const View = (globalThis as unknown as Record<string, new (buffer: ArrayBufferLike) => unknown>)[
          name
        ]!;
        return new View(fromBase64(text).buffer);
      }
      case 'object':
        return Object.fromEntries(Object.entries(v as object).map(([key, one]) => [key, unpack(one)]));
      default:
        return undefined;
    }
  };
  return {
    encode: (value) => JSON.stringify(pack(value)),
    decode: (text) => unpack(JSON.parse(text)),
  };
}
