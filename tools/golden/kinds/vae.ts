/** Pixels to moments and scaled latents, latents to pixels. */
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { GoldenCase } from '../case.ts';
import { runOne, withGraph } from './graph.ts';
import { concat, type Kind } from './kind.ts';

export const vae: Kind = {
  sites: 'none',
  async output(golden, bundle, output) {
    if (output === 'moments') return moments(golden, bundle);
    if (output === 'latent') {
      const { frames, width, height } = picturesOf(golden);
      const rows: Float32Array[] = [];
      for (const rgb of frames) rows.push(await bundle.encode(rgb, width, height));
      return concat(rows);
    }
    if (output === 'decoded') return decoded(golden, bundle);
    return 'an output of this name';
  },
};

function picturesOf(golden: GoldenCase) {
  const { shape, data } = golden.input('frames_u8', 'frames');
  const [count, height, width] = shape as [number, number, number];
  const size = height * width * 3;
  const frames = Array.from({ length: count }, (_, i) =>
    Uint8Array.from(data.subarray(i * size, (i + 1) * size)),
  );
  return { frames, width, height };
}

/** [mean, logvar] of the bare encoder, fed u8/127.5 - 1 in planes. */
function moments(golden: GoldenCase, bundle: Bundle): Promise<Float32Array> {
  const { frames, width, height } = picturesOf(golden);
  const plane = width * height;
  return withGraph(bundle.dir, 'vae_encoder', async (session) => {
    const rows: Float32Array[] = [];
    for (const rgb of frames) {
      const data = new Float32Array(3 * plane);
      for (let i = 0; i < plane; i++)
        for (let c = 0; c < 3; c++) data[c * plane + i] = rgb[i * 3 + c]! / 127.5 - 1;
      const feed = { type: 'float32', data, dims: [1, 3, height, width] } as const;
      rows.push((await runOne(session, feed, session.outputs[0]!.name)).data);
    }
    return concat(rows);
  });
}

/** The bare decoder on the golden's own latents over the scaling factor. */
async function decoded(golden: GoldenCase, bundle: Bundle): Promise<Float32Array> {
  const { shape, data } = golden.optionalInput('latent') ?? golden.expected('latent');
  const [count, ...dims] = shape as [number, number, number, number];
  const size = data.length / count;
  const scale = golden.number('scaling_factor');
  return withGraph(bundle.dir, 'vae_decoder', async (session) => {
    const rows: Float32Array[] = [];
    for (let frame = 0; frame < count; frame++) {
      const latent = new Float32Array(data.subarray(frame * size, (frame + 1) * size)).map(
        (value) => value / scale,
      );
      const made = await runOne(
        session,
        { type: 'float32', data: latent, dims: [1, ...dims] },
        session.outputs[0]!.name,
      );
      rows.push(made.data);
    }
    return concat(rows);
  });
}
