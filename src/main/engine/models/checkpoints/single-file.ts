/** A checkpoint of the original trainers, all parts in one file, as the parts of a diffusers folder. */
import { basename } from 'node:path';
import type { StoredWeights } from '../../onnx/networks/stored.ts';
import { clipTextMapping } from './clip-text-names.ts';
import {
  type Config,
  depthConfig,
  depthPreprocessor,
  latentIfNoise,
  schedulerConfig,
  textConfig,
  unetConfig,
  vaeConfig,
} from './configurations.ts';
import { type Family, type FamilyId, familyOf, type Prediction, predictionOf } from './family.ts';
import { type Mapping, mapped, type Tensors } from './mapping.ts';
import { MIDAS_PREFIX, midasMapping } from './midas-names.ts';
import { openClipLayers, openClipMapping } from './open-clip-names.ts';
import { unetMapping } from './unet-names.ts';
import { vaeMapping } from './vae-names.ts';

/** A file that was opened: its own names. */
export interface OpenedFile {
  /** Real path. */
  readonly path: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: Tensors;
}

/** One network as its folder would hold it: config.json, and weights under today's names. */
export interface Component {
  readonly config: Config;
  readonly weights: StoredWeights;
}

type ComponentId = 'unet' | 'vae' | 'text_encoder' | 'text_encoder_2' | 'depth_estimator';

export interface SingleFile {
  readonly family: FamilyId;
  /** "Stable Diffusion 1.x" */
  readonly label: string;
  /** Class of diffusers' pipeline. */
  readonly pipeline: string;
  /** Side of the latent that it was trained on if it predicts noise; null where that changes nothing. */
  readonly noiseLatent: number | null;
  /** Null where neither the file nor its family says it, so that the artist has to. */
  readonly prediction: Prediction | null;
  /** By the names of their folders. */
  readonly components: Readonly<Partial<Record<ComponentId, Component>>> &
    Readonly<Record<'unet' | 'vae' | 'text_encoder', Component>>;
  /** scheduler_config.json; has no "prediction_type" where the prediction is null. */
  readonly scheduler: Config;
  /** preprocessor_config.json of the depth estimator. */
  readonly preprocessor: Config | null;
  /** Per text encoder: the token that fills up a prompt. */
  readonly padding: readonly ('<|endoftext|>' | '!')[];
  /** Tensors that no part of such a model has. */
  readonly unknown: readonly string[];
}

/** What training leaves in checkpoints, and markers that are read by name. */
const LEFT_BY_TRAINING =
  /^(?:model_ema\.|loss\.|first_stage_model\.(?:loss\.|model_ema\.)|safety_checker\.|optimizer|denoiser\.sigmas$|(?:v_pred|ztsnr|iter|epoch|global_step|logvar|lvlb_weights|scale_factor|cond_stage_model\.logit_scale)$|(?:betas|(?:log_|sqrt_)?(?:one_minus_|recip_|recipm1_)?alphas_cumprod(?:_prev)?|posterior_(?:variance|log_variance_clipped|mean_coef[12]))$)/;

const SD2_TEXT = 'cond_stage_model.model.';
const XL_TEXT = 'conditioner.embedders.1.model.';
/** Layers of Stable Diffusion 2's text encoder that are used; its files hold 24, some converted ones 23. */
const SD2_LAYERS = 23;
const SD2_WIDTH = 1024;

interface Part {
  readonly mapping: Mapping;
  readonly words: string;
}

function textParts(
  { text }: Family,
  tensors: Tensors,
): Readonly<Record<string, Part & { act: 'gelu' | 'quick_gelu' }>> {
  const names = [...tensors.keys()];
  const first = (prefix: string) => ({
    words: 'text encoder',
    act: 'quick_gelu' as const,
    mapping: clipTextMapping(prefix),
  });
  if (text === 'sd1') return { text_encoder: first('cond_stage_model.transformer.') };
  const openClip = (prefix: string, layers: number, projection: boolean) => ({
    words: 'text encoder',
    act: 'gelu' as const,
    mapping: openClipMapping(prefix, { layers, projection }),
  });
  if (text === 'sd2') {
    // The last layer but one is read, behind the final norm.
    const width = tensors.get(`${SD2_TEXT}token_embedding.weight`)?.dims[1];
    const layers = width === SD2_WIDTH ? SD2_LAYERS : openClipLayers(SD2_TEXT, names) - 1;
    return { text_encoder: openClip(SD2_TEXT, layers, false) };
  }
  return {
    text_encoder: first('conditioner.embedders.0.transformer.'),
    text_encoder_2: {
      ...openClip(XL_TEXT, openClipLayers(XL_TEXT, names), true),
      words: 'second text encoder',
    },
  };
}

/** @throws AppError bundle-invalid where the file is something else, which it names */
export function singleFile({ path, metadata, tensors }: OpenedFile): SingleFile {
  const file = basename(path);
  const family = familyOf(tensors, `reading ${file}`);
  const taken = new Set<string>();
  const part = ({ words, mapping }: Part): StoredWeights => {
    const found = mapped(`${words} of ${file}`, tensors, mapping);
    for (const name of found.taken) taken.add(name);
    return found.weights;
  };
  const names = [...tensors.keys()];
  const unet = part({ words: 'UNet', mapping: unetMapping(names) });
  const vae = part({ words: 'VAE', mapping: vaeMapping(names) });
  const texts = Object.entries(textParts(family, tensors)).map(([id, text]) => {
    const weights = part(text);
    return [id, { weights, config: textConfig(weights, text.act) }] as const;
  });
  const depth = names.some((name) => name.startsWith(MIDAS_PREFIX))
    ? part({ words: 'depth estimator', mapping: midasMapping })
    : null;
  const told = predictionOf(family, tensors, metadata);
  const components: Partial<Record<string, Component>> = {
    unet: { weights: unet, config: unetConfig(unet, family) },
    vae: { weights: vae, config: vaeConfig(vae, family) },
    ...Object.fromEntries(texts),
    ...(depth && { depth_estimator: { weights: depth, config: depthConfig(depth) } }),
  };
  return {
    family: family.id,
    label: family.label,
    pipeline: family.pipeline,
    noiseLatent: latentIfNoise(unet, family),
    prediction: told.prediction,
    components: components as SingleFile['components'],
    scheduler: schedulerConfig(family, told),
    preprocessor: depth && depthPreprocessor(depth),
    padding: { sd1: ['<|endoftext|>'] as const, sd2: ['!'] as const, xl: ['<|endoftext|>', '!'] as const }[
      family.text
    ],
    unknown: names.filter((name) => !taken.has(name) && !LEFT_BY_TRAINING.test(name)),
  };
}
