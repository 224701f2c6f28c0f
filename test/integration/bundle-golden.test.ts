/** The bundle's functions against the numbers PyTorch gave. */
import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Bundle } from '../../src/main/engine/models/types.ts';
import { readNpy } from '../../tools/golden/npy.ts';
import { askOne } from '../helpers/ask-one.ts';
import { sharedPath } from '../helpers/shared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const golden = sharedPath('golden');
const SIZE = { width: 64, height: 64 };
const LATENT = { channels: 4, height: 8, width: 8 };

function readCase(name: string, array: string): Float32Array {
  return readNpy(join(golden!, 'cases', name, `${array}.npy`)).data as Float32Array;
}

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs(a[i]! - b[i]!);
    if (!(distance <= most)) most = distance;
  }
  return most;
}

describe.skipIf(!golden)('bundle functions against goldens', () => {
  let bundle: Bundle;

  beforeAll(async () => {
    bundle = await openBundle(join(golden!, 'bundles', 'tiny-sd'), { sites: 'decoder', provider: 'cpu' });
  });
  afterAll(() => bundle.close());

  it('tokenises and embeds prompts of all sorts', async () => {
    const { default: manifest } = await import(join(golden!, 'cases', '01-text', 'manifest.json'), {
      with: { type: 'json' },
    });
    const prompts: string[] = manifest.settings.prompts;
    const ids = readCase('01-text', 'input_ids');
    const hidden = readCase('01-text', 'last_hidden_state');
    const pooled = readCase('01-text', 'pooler_output');
    for (const [i, prompt] of prompts.entries()) {
      const tokens = bundle.tokenize(prompt);
      expect([...tokens.ids[0]!]).toEqual([...ids.subarray(i * 77, (i + 1) * 77)]);
      expect(tokens.cut === null).toBe(i !== 3);
      const made = await bundle.embed(prompt, SIZE);
      // The numbers are of the cut prompt; what is cut of it is read in a second text.
      expect([made.tokens, made.dim]).toEqual([tokens.cut === null ? 77 : 2 * 77, 32]);
      if (tokens.cut !== null) continue;
      expect(farthest(made.hidden, hidden.subarray(i * 77 * 32, (i + 1) * 77 * 32))).toBeLessThan(2.1e-5);
      expect(farthest(made.pooled!, pooled.subarray(i * 32, (i + 1) * 32))).toBeLessThan(1e-5);
    }
  });

  it('encodes to the scaled mean and decodes back', async () => {
    const frames = readNpy(join(golden!, 'cases', '02-vae', 'frames_u8.npy')).data as Uint8Array;
    const latents = readCase('02-vae', 'latent');
    const decoded = readCase('02-vae', 'decoded');
    const plane = 64 * 64;
    for (let i = 0; i < 5; i++) {
      const expected = latents.subarray(i * 256, (i + 1) * 256);
      const latent = await bundle.encode(frames.subarray(i * plane * 3, (i + 1) * plane * 3), 64, 64);
      expect(farthest(latent, expected)).toBeLessThan(1.4e-4);
      const rgb = await bundle.decode(expected, LATENT);
      const wanted = new Float32Array(rgb).map((_, at) => {
        const value = decoded[i * plane * 3 + (at % 3) * plane + Math.floor(at / 3)]!;
        return Math.min(1, Math.max(0, value / 2 + 0.5));
      });
      expect(farthest(rgb, wanted)).toBeLessThan(7.8e-5);
    }
  });

  it.each([
    ['unet_external', 'check_out_fp32', 2.6e-5],
    ['unet_fp16', 'check_out_fp16', 5.7e-3],
  ])('runs the network kept as %s', async (variant, expected, tolerance) => {
    const dir = tempFolder();
    const others = (path: string) => basename(path) !== 'unet';
    await cp(join(golden!, 'bundles', 'tiny-sd'), dir, { recursive: true, filter: others });
    await cp(join(golden!, 'variants', variant), join(dir, 'unet'), { recursive: true });
    const read = (name: string) => readNpy(join(golden!, 'variants', `${name}.npy`));
    const [sample, hidden, wanted] = [
      read('check_sample'),
      read('check_encoder_hidden_states'),
      read(expected),
    ];
    const other = await openBundle(dir, { sites: 'none', provider: 'cpu' });
    try {
      const [count, channels, height, width] = sample.shape as [number, number, number, number];
      const predict = askOne(other.predict({ channels, height, width }));
      for (let i = 0; i < count; i++) {
        const row = (array: typeof sample) => {
          const size = array.data.length / count;
          return Float32Array.from(array.data.subarray(i * size, (i + 1) * size));
        };
        const branch = { hidden: row(hidden), tokens: hidden.shape[1]!, dim: hidden.shape[2]! };
        const timestep = Number(read('check_timestep').data[0]);
        const { outputs } = await predict({ latent: row(sample), timestep, branches: [branch] });
        expect(farthest(outputs[0]!, row(wanted))).toBeLessThan(tolerance);
      }
    } finally {
      await other.close();
    }
  });
});

describe.skipIf(!sharedPath('data', 'sd15'))('inspecting Stable Diffusion 1.5 without its weights', () => {
  it('finds its sites and its size, and says which weights are missing', async () => {
    const report = await inspectBundle(sharedPath('data', 'sd15')!);
    expect(report.sites).toEqual({ all: 16, decoder: 9 });
    expect(report).toMatchObject({
      kind: 'sd',
      nativeSize: 512,
      grid: 64,
      factor: 8,
      latentChannels: 4,
      digests: null,
    });
    expect(report.parts.find((part) => part.role === 'unet')?.parameters).toBeGreaterThan(859e6);
    expect(report.defects).toHaveLength(4);
    for (const line of report.defects) expect(line).toContain('model.onnx_data is missing');
  });
});
