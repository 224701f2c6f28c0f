/**
 * The shipped models still make what they made when the numbers beside this file were recorded. On the processor they
 * were recorded on that holds to the bit; elsewhere within what another order of additions may change.
 * Recorded anew by `RECORD_SHIPPED_EDITS=1 npx vitest run test/golden/shipped-edits.test.ts`, for a stated reason only.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  processor,
  renderShippedEdits,
  type ShippedLatents,
  shippedEdits,
} from '../helpers/shipped-edits.ts';

interface Recorded {
  readonly processor: string;
  readonly edits: readonly { readonly name: string; readonly calls: ShippedLatents['calls'] }[];
}

const folder = join(import.meta.dirname, 'shipped-edits');
const FRAMES = 4;
/** Mean absolute difference of latents of unit variance. Two of the edits differ by at least ten times as much. */
const TOLERANCE = 1e-3;

const dir = mkdtempSync(join(tmpdir(), 'shipped-edits-'));
let rendered: readonly ShippedLatents[];
beforeAll(async () => {
  rendered = await renderShippedEdits(dir);
  if (process.env.RECORD_SHIPPED_EDITS) record();
});
afterAll(() => rmSync(dir, { recursive: true }));

function record(): void {
  const edits = rendered.map(({ name, calls }) => ({ name, calls }));
  writeFileSync(
    join(folder, 'edits.json'),
    `${JSON.stringify({ processor: processor(), edits } satisfies Recorded, null, 2)}\n`,
  );
  writeFileSync(
    join(folder, 'latents.f32'),
    rendered
      .flatMap(({ latents }) => latents)
      .reduce((all, one) => Buffer.concat([all, bytesOf(one)]), Buffer.alloc(0)),
  );
}

const bytesOf = (latent: Float32Array) => Buffer.from(latent.buffer, latent.byteOffset, latent.byteLength);

function recorded(): Recorded {
  return JSON.parse(readFileSync(join(folder, 'edits.json'), 'utf8'));
}

/** Frames of edit `index`, each of `bytes` bytes. */
function recordedLatents(index: number, bytes: number): Float32Array[] {
  const file = readFileSync(join(folder, 'latents.f32'));
  return Array.from({ length: FRAMES }, (_, frame) => {
    const at = (index * FRAMES + frame) * bytes;
    return new Float32Array(new Uint8Array(file.subarray(at, at + bytes)).buffer);
  });
}

function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

it.each(shippedEdits.map(({ name }, index) => ({ name, index })))('$name', ({ name, index }) => {
  const { latents, calls, resumedAfter } = rendered[index]!;
  const expected = recorded();
  expect(resumedAfter > 0).toBe(shippedEdits[index]!.stopAfter !== undefined);
  expect({ name, calls }).toEqual(expected.edits[index]);
  expect(latents).toHaveLength(FRAMES);
  recordedLatents(index, latents[0]!.byteLength).forEach((was, frame) => {
    const now = latents[frame]!;
    if (expected.processor === processor())
      expect(bytesOf(now).equals(bytesOf(was)), `frame ${frame}`).toBe(true);
    expect(meanDifference(now, was), `frame ${frame}`).toBeLessThan(TOLERANCE);
  });
});

it('no two of them are alike, so that none can stand for another', () => {
  for (const [i, a] of rendered.entries()) {
    for (const b of rendered.slice(i + 1)) {
      const apart = Math.max(...a.latents.map((latent, frame) => meanDifference(latent, b.latents[frame]!)));
      expect(apart, `${a.name} and ${b.name}`).toBeGreaterThan(10 * TOLERANCE);
    }
  }
});
