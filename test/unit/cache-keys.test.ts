import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  digestOf,
  INVERSION_KEY_FIELDS,
  INVERSION_VERSION,
  type InversionKeyParts,
  inversionKey,
} from '../../src/main/engine/artefacts/keys.ts';

const parts: InversionKeyParts = {
  pixels: digestOf(new Uint8Array([1, 2, 3])),
  width: 512,
  height: 320,
  unet: 'u',
  vaeEncoder: 'v',
  textEncoder: 'x',
  tokenizer: 'k',
  scheduler: 's',
  structure: null,
  sourcePrompt: 'a jeep',
  solver: 'ddim',
  inversion: 'upper',
  schedule: 'bundle',
  steps: 50,
  refinement: 0,
  provider: 'cpu',
};

describe('inversion key', () => {
  it.each(Object.keys(parts) as (keyof InversionKeyParts)[])('changes with %s alone', (field) => {
    const old = parts[field];
    const other = typeof old === 'number' ? old + 1 : `${old}'`;
    expect(inversionKey({ ...parts, [field]: other })).not.toBe(inversionKey(parts));
  });

  it('hashes every field that there is', () => {
    expect([...INVERSION_KEY_FIELDS]).toEqual(Object.keys(parts).sort());
  });

  it('changes with the version of the inversion', () => {
    expect(inversionKey(parts, INVERSION_VERSION + 1)).not.toBe(inversionKey(parts));
  });

  it('does not depend on the order in which the parts are named', () => {
    const reversed = Object.fromEntries(Object.entries(parts).reverse()) as unknown as InversionKeyParts;
    expect(inversionKey(reversed)).toBe(inversionKey(parts));
  });

  it('tells apart neighbours that run together, numbers from text, and null from its name', () => {
    const keys = [
      inversionKey({ ...parts, solver: 'ddimx', sourcePrompt: 'a' }),
      inversionKey({ ...parts, solver: 'ddim', sourcePrompt: 'xa' }),
      inversionKey({ ...parts, structure: 'null' }),
      inversionKey({ ...parts, structure: null }),
      inversionKey({ ...parts, sourcePrompt: 'a jeep ' }),
      inversionKey({ ...parts, sourcePrompt: 'A jeep' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('stays what it was, or every cache in the world is lost', () => {
    const json = JSON.stringify(['inversion', 1, Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1))]);
    expect(inversionKey(parts, 1)).toBe(createHash('sha256').update(json).digest('hex'));
  });
});

describe('digestOf', () => {
  it('reads the view, not the buffer behind it', () => {
    const buffer = new Float32Array([9, 1, 2, 9]);
    expect(digestOf(buffer.subarray(1, 3))).toBe(digestOf(new Float32Array([1, 2])));
  });
});
