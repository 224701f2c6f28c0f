/** What the networks of a bundle take for pictures of one size, before anything is computed. */
import type { LatentShape } from '../../diffusion/types.ts';
import type { TextIo } from '../roles/text-encoder.ts';
import type { VaeIo } from '../roles/vae.ts';
import { type Foretold, NOTHING_RECORDED } from './foretold.ts';
import { floats, integers, type NetworkMemory } from './network.ts';
import type { RecordedMemory } from './recorded.ts';
import { type ControlMemory, type UnetMemory, unetCalls } from './unet-calls.ts';

const FLOAT = 4;
const USUAL_TOKENS = 77;
const COLOURS = 3;

export interface BundleMemory {
  readonly unet: UnetMemory;
  readonly vaeEncoder: { readonly network: NetworkMemory; readonly io: VaeIo };
  readonly vaeDecoder: {
    readonly network: NetworkMemory;
    readonly io: VaeIo;
    /** Null where pictures are not followed back. */
    readonly recorded: RecordedMemory | null;
  };
  readonly text: readonly { readonly network: NetworkMemory; readonly io: TextIo }[];
  readonly controlNets: readonly ControlMemory[];
  /** Pixels per latent element along a side. */
  readonly factor: number;
}

export function foretell(of: BundleMemory, latent: LatentShape): Foretold {
  const { unet, vaeEncoder, vaeDecoder, text, controlNets, factor } = of;
  const { channels, height, width } = latent;
  const picture = [COLOURS, height * factor, width * factor] as const;
  const pixels = picture.reduce((all, side) => all * side, 1);
  const vae = ({ network, io }: BundleMemory['vaeEncoder'], dims: readonly number[]) =>
    network.opened + network.holds([new Map([[io.input, floats(io.fixed.batch ?? 1, ...dims)]])]);
  const calls = unetCalls(unet, latent, controlNets);
  // The picture is fed as floats, and comes out as planes and once more as pixels.
  const decoding = vae(vaeDecoder, [channels, height, width]) + 2 * FLOAT * pixels;
  return {
    unet: unet.network.opened,
    controlNets: controlNets.reduce((sum, { network }) => sum + network.opened, 0),
    vaeEncoder: vae(vaeEncoder, picture) + FLOAT * pixels,
    vaeDecoder: decoding,
    vaeSteadyDecoder: decoding,
    text: text.reduce((sum, { network, io }) => {
      const ids = integers(...Array.from({ length: io.length ?? USUAL_TOKENS }, () => 0));
      const fed = { ...ids, dims: [io.batch ?? 1, ids.dims[0]!] };
      return sum + network.opened + network.holds([new Map([[io.ids, fed]])]);
    }, 0),
    vaeWeights: { encoder: vaeEncoder.network.opened, decoder: vaeDecoder.network.opened },
    recordedPicture() {
      const { recorded, network, io } = vaeDecoder;
      if (!recorded) return NOTHING_RECORDED;
      const fed = new Map([[io.input, floats(io.fixed.batch ?? 1, channels, height, width)]]);
      const { weights, values } = recorded.withForward(network, fed, { of: [io.output], by: [io.input] });
      // The picture as planes, and what it is pulled by.
      return { weights, values: values + 2 * FLOAT * pixels };
    },
    ...calls,
  };
}
