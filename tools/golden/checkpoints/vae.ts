/** The mean of what a picture is encoded to, and a picture of latents; neither is scaled. */
import { type CheckpointKind, floats, runWritten } from './checkpoint.ts';

export const vae: CheckpointKind = {
  async output(golden, checkpoint, output) {
    if (output === 'latent') {
      const image = golden.input('image');
      const made = await runWritten(checkpoint.write('vae_encoder'), { sample: floats(image) }, [
        'latent_parameters',
      ]);
      const { data, dims } = made.latent_parameters!;
      const size = data.length / dims[0]!;
      return Array.from({ length: dims[0]! }, (_, row) => [
        ...data.subarray(row * size, row * size + size / 2),
      ]).flat();
    }
    if (output !== 'decoded') return 'an output of this name';
    const feeds = { latent_sample: floats(golden.input('z')) };
    return (await runWritten(checkpoint.write('vae_decoder'), feeds, ['sample'])).sample!.data;
  },
};
