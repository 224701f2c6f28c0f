/** Models as artists have them on their disks: diffusers folders with safetensors and single files, opened like exports. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { AskedPrediction } from '../../src/main/engine/models/types.ts';
import { askOne } from '../helpers/ask-one.ts';
import { sharedPath } from '../helpers/shared.ts';

const checkpoints = sharedPath('golden', 'checkpoints');
const at = (name: string) => join(checkpoints!, name);
const SIZE = { width: 64, height: 64 };
const PROMPT = 'a red car, turning';

/** What an edit asks of a model, on small inputs. */
async function numbersOf(path: string, prediction: AskedPrediction = 'auto') {
  const bundle = await openBundle(path, { sites: 'decoder', provider: 'cpu', prediction });
  try {
    const rgb = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 37) % 251);
    const context = await bundle.embed(PROMPT, SIZE);
    const shape = { channels: bundle.latentChannels, width: 8, height: 8 };
    const latent = await bundle.encode(rgb, 64, 64);
    const structure = bundle.structureChannels ? { structure: new Float32Array(64).fill(0.3) } : {};
    const input = { latent, timestep: 501, branches: [context], ...structure };
    const { outputs } = await askOne(bundle.predict(shape))(input);
    return {
      scheduler: bundle.scheduler,
      digests: bundle.digests,
      ids: bundle.tokenize(PROMPT).ids.map((ids) => [...ids]),
      arrays: {
        hidden: context.hidden,
        latent,
        predicted: outputs[0]!,
        decoded: await bundle.decode(latent, shape),
      },
    };
  } finally {
    await bundle.close();
  }
}

describe.skipIf(!checkpoints)('the same numbers from a folder and from a single file', () => {
  it.each([
    ['sd1', 'auto'],
    ['sd2v', 'v_prediction'],
    ['depth', 'auto'],
    ['sdxl', 'auto'],
  ] as const)('%s', async (kind, prediction) => {
    const folder = await numbersOf(at(`${kind}-folder`));
    const single = await numbersOf(at(`${kind}-single-fp16.safetensors`), prediction);
    expect(single.ids).toEqual(folder.ids);
    expect(single.scheduler.prediction).toBe(folder.scheduler.prediction);
    for (const [name, values] of Object.entries(folder.arrays)) {
      const other = single.arrays[name as keyof typeof single.arrays];
      expect([name, Buffer.from(other.buffer, other.byteOffset, other.byteLength)]).toEqual([
        name,
        Buffer.from(values.buffer, values.byteOffset, values.byteLength),
      ]);
    }
  });
});
