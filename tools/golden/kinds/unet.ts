/** One pass of the network: as it is, and with what another frame saw in the decoder's self-attentions. */
import type { Attention, Features } from '../../../src/main/engine/diffusion/types.ts';
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { GoldenCase } from '../case.ts';
import { concat, type Kind } from './kind.ts';

export const unet: Kind = {
  sites: 'decoder',
  async output(golden, bundle, output) {
    if (output === 'plain') return pass(golden, bundle);
    const features = await featuresOfOther(golden, bundle);
    if (output === 'bank_and_self') return pass(golden, bundle, { bank: [features], self: true });
    if (output === 'bank_alone') return pass(golden, bundle, { bank: [features], self: false });
    if (output !== 'feature_last_site') return 'an output of this name';
    const { data, branches } = features.sites.at(-1)!;
    return data.subarray(((branches - 1) * data.length) / branches);
  },
};

function inputOf(golden: GoldenCase, name: string) {
  const { shape, frames } = golden.latents(name);
  const [latent] = frames;
  const structure = golden.structure(shape)?.(0);
  const branches = golden.branches('ctx');
  const input = { latent: latent!, timestep: golden.number('timestep'), branches };
  return { shape, input: structure ? { ...input, structure } : input };
}

async function pass(golden: GoldenCase, bundle: Bundle, attention?: Attention): Promise<Float32Array> {
  const { shape, input } = inputOf(golden, 'latent');
  const [answer] = await bundle.predict(shape)([attention ? { ...input, attention } : input]);
  return concat([...answer!.outputs]);
}

async function featuresOfOther(golden: GoldenCase, bundle: Bundle): Promise<Features> {
  const { shape, input } = inputOf(golden, 'other');
  const [answer] = await bundle.predict(shape)([{ ...input, capture: true }]);
  return answer!.features!;
}
