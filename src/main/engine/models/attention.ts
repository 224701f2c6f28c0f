/** Self-attention of a bundle's networks: what there is of it, and whether it is computed as written or as one operator. */
import { createHash } from 'node:crypto';
import prettyBytes from 'pretty-bytes';
import { AppError } from '../../../common/errors.ts';
import type { model as modelSettings } from '../../../common/settings/model.ts';
import type { LatentShape } from '../diffusion/types.ts';
import { writtenOut } from '../onnx/attention/written-out.ts';
import type { Model } from '../onnx/ir/graph.ts';
import type { Provider } from '../onnx/ort.ts';
import { type FusedOperator, mayHold } from '../onnx/passes/fused-attention.ts';
import { tryFused } from './fused-trial.ts';
import type { Layout } from './layout.ts';
import type { Parts } from './parts.ts';
import { USUAL_WIDTHS } from './roles/unet-io.ts';
import type {
  AttentionFacts,
  BundleDigests,
  BundleFacts,
  ChosenAttention,
  FusedParts,
  SelfAttentionFacts,
} from './types.ts';

export const EXACT: ChosenAttention = { unet: null, vae: null, why: {} };

const USUAL_HEAD = 64;

/** Of graphs that are not rewritten yet. */
export function attentionFacts({ unet, vaeEncoder, vaeDecoder }: Parts, layout: Layout): AttentionFacts {
  const widths = layout.unet.block_out_channels ?? USUAL_WIDTHS;
  const level = (channels: number | null) => Math.max(0, widths.indexOf(channels ?? 0));
  const halves = [vaeEncoder, vaeDecoder].map(({ graph }) => graph.model);
  // Those of a VAE look at the latent as it is.
  return { unet: factsOfAll([unet.graph.model], level), vae: factsOfAll(halves, () => 0) };
}

function factsOfAll(
  models: readonly Model[],
  level: (channels: number | null) => number,
): SelfAttentionFacts {
  const found = models.map(({ graph }) => writtenOut(graph));
  const all = found.flatMap(({ written }) => written);
  const kinds = all.map(({ heads, channels }) => ({
    heads,
    width: channels === null ? USUAL_HEAD : Math.max(1, Math.round(channels / heads)),
  }));
  return {
    written: all.length,
    strange: found.flatMap(({ strange }) => strange).length,
    kinds: kinds.filter(
      (kind, i) => kinds.findIndex((one) => one.heads === kind.heads && one.width === kind.width) === i,
    ),
    largest: Math.max(0, ...all.map(({ heads, channels }) => heads / 16 ** level(channels))),
    standard: models.every((model) => mayHold(model, 'Attention')),
  };
}

/** Bytes of scores above which they are felt. Smaller ones cost little, and what was made with them is found again. */
const MATTERS = 128 * 2 ** 20;
const FLOAT = 4;

export type AskedAttention = (typeof modelSettings.attention.schema)['_zod']['output'];

/**
 * `auto` takes the one operator where scores are large, the provider has it and it was seen to make the same.
 * @param shape of the latents; null where any size may come
 * @throws AppError usage where it is asked for and cannot be
 */
export async function chooseAttention(
  asked: AskedAttention,
  of: {
    readonly model: Pick<BundleFacts, 'name' | 'selfAttention'>;
    readonly shape: LatentShape | null;
    readonly provider: Provider;
  },
): Promise<ChosenAttention> {
  if (asked === 'exact') return EXACT;
  const choose = (part: 'unet' | 'vae') => chooseFor(asked, of.model.selfAttention[part], of);
  const [unet, vae] = [await choose('unet'), await choose('vae')];
  if (asked === 'fused' && unet.operator === null)
    throw new AppError('usage', `the attention of ${of.model.name} cannot be fused: ${unet.why}`, {
      doing: 'choosing how attention is computed',
      hint: 'Set the attention to "auto" or "exact".',
    });
  const why = { ...(unet.why !== null && { unet: unet.why }), ...(vae.why !== null && { vae: vae.why }) };
  return { unet: unet.operator, vae: vae.operator, why };
}

async function chooseFor(
  asked: 'auto' | 'fused',
  { written, strange, kinds, largest, standard }: SelfAttentionFacts,
  { shape, provider }: { readonly shape: LatentShape | null; readonly provider: Provider },
): ReturnType<typeof tryFused> {
  const not = (why: string) => ({ operator: null, why });
  if (written === 0 && strange > 0) return not('it is written in a way that is not understood');
  if (written === 0) return not('it has none that is written out');
  const scores = shape && FLOAT * largest * (shape.height * shape.width) ** 2;
  if (asked === 'auto' && scores !== null && scores <= MATTERS)
    return not(`at this size its scores take ${prettyBytes(scores)}`);
  return tryFused(provider, kinds, standard);
}

/** Raised when the same network gives other numbers by it. */
const VERSION = 1;

/** Facts of a bundle whose attention is computed so: its digests know, and its VAE holds no scores where they are fused. */
export function withAttention<Facts extends Pick<BundleFacts, 'digests' | 'vaeMemory'>>(
  facts: Facts,
  attention: FusedParts,
): Facts {
  const vaeMemory: BundleFacts['vaeMemory'] = (latent) => {
    const { whole, scores, tiled } = facts.vaeMemory(latent);
    return attention.vae === null ? { whole, scores, tiled } : { whole: whole - scores, scores: 0, tiled };
  };
  return { ...facts, digests: digestsWithAttention(facts.digests, attention), vaeMemory };
}

/** Digests of networks by what they compute: their own where attention stays as it is. */
function digestsWithAttention(own: BundleDigests, { unet, vae }: FusedParts): BundleDigests {
  const digest = (alone: string, operator: FusedOperator | null) =>
    operator === null
      ? alone
      : createHash('sha256')
          .update(JSON.stringify([alone, operator, VERSION]))
          .digest('hex');
  return {
    ...own,
    unet: digest(own.unet, unet),
    vaeEncoder: digest(own.vaeEncoder, vae),
    vaeDecoder: digest(own.vaeDecoder, vae),
  };
}
