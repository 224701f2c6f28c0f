/** In low-memory mode the runtime reads weights where they lie: nothing that is as large as they are is made of them. */
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { NetworkBuilder } from '../../src/main/engine/onnx/networks/builder.ts';
import { createSession, type SessionOptions } from '../../src/main/engine/onnx/ort.ts';
import { inPlace } from '../../src/main/engine/onnx/passes/in-place.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { widenLate } from '../../src/main/engine/onnx/passes/widen-late.ts';
import { sparseWeights } from '../../tools/bench/sparse-weights.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const WIDTH = 512;
const LAYERS = 24;

/** Bytes of memory of its own. */
function anonymous(): number {
  const [, kilobytes] = /RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))!;
  return Number(kilobytes) * 1024;
}

/** Convolutions, then a matrix, as files of weights have them. Returns the memory that opening and running it took, and what of it was left when it was released, over its weights. */
async function shares(
  how: Pick<SessionOptions, 'lowMemory' | 'keepHalf' | 'plainConvolutions'>,
  type: 'float32' | 'float16' = 'float32',
): Promise<{ readonly grown: number; readonly left: number }> {
  const sparse = sparseWeights(join(tempFolder(), 'weights.safetensors'), {
    ...{ type, first: 'convs.0.weight' },
  });
  const write = () => {
    const b = new NetworkBuilder('weights', sparse);
    let x = b.input('x', ELEMENT.float32, ['batch', WIDTH, 'height', 'width']);
    const size = { from: WIDTH, to: WIDTH };
    for (let i = 0; i < LAYERS; i++) x = b.conv2d(`convs.${i}`, x, size, { kernel: 3 });
    const tokens = b.transpose(b.reshape(x, 0, 0, -1), 0, 2, 1);
    b.output('y', b.linear('linear', tokens, { from: WIDTH, to: 8 * WIDTH }), ['batch', 'tokens', 8 * WIDTH]);
    return b.finish();
  };
  write();
  sparse.close();
  const { model, folder } = write();
  applyPasses(model, [step(inPlace), ...(how.keepHalf ? [step(widenLate)] : [])], 'the network');
  const before = anonymous();
  const session = await createSession(model, { folder, provider: 'cpu', ...how, label: 'the network' });
  const data = new Float32Array(WIDTH * 16);
  await session.run({ x: { type: 'float32', data, dims: [1, WIDTH, 4, 4] } }, ['y']);
  const grown = anonymous() - before;
  await session.release();
  const left = anonymous() - before;
  return { grown: grown / sparse.bytes, left: left / sparse.bytes };
}

async function share(...of: Parameters<typeof shares>): Promise<number> {
  return (await shares(...of)).grown;
}

describe.skipIf(platform() !== 'linux')('weights in a file', () => {
  it('are copied to be computed with, and left in it in low-memory mode', async () => {
    expect(await share({ lowMemory: true })).toBeLessThan(0.2);
    // Filters are most of it.
    expect(await share({ plainConvolutions: true })).toBeLessThan(0.3);
    // What is measured can be seen.
    expect(await share({ lowMemory: false })).toBeGreaterThan(0.5);
  });

  it('leave nothing behind when the session that read them in place is released', async () => {
    expect((await shares({ lowMemory: true })).left).toBeLessThan(0.1);
  });

  it('of half precision are widened layer by layer where they are to stay in it', async () => {
    // What a layer widens is twice as large as its weights, and there are many layers.
    expect(await share({ keepHalf: true }, 'float16')).toBeLessThan(0.6);
    expect(await share({ keepHalf: true, lowMemory: true }, 'float16')).toBeLessThan(0.6);
    expect(await share({}, 'float16')).toBeGreaterThan(1.7);
  });
});
