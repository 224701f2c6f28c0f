/** Which of the released families a single-file checkpoint is of, and what it says of its prediction. */
import { AppError } from '../../../../common/errors.ts';
import type { SchedulerConfig } from '../../diffusion/types.ts';
import { kindOfFile } from './kinds.ts';
import type { Tensors } from './mapping.ts';
import { UNET_PREFIX } from './unet-names.ts';

export type Prediction = Extract<SchedulerConfig['prediction'], 'epsilon' | 'v_prediction'>;

export interface Family {
  readonly id: string;
  /** For people. */
  readonly label: string;
  readonly text: 'sd1' | 'sd2' | 'xl';
  /** Channels that the UNet takes. */
  readonly channels: number;
  /** Class of diffusers' pipeline, as model_index.json would name it. */
  readonly pipeline: string;
  /** Side of the latent that it was trained on. */
  readonly latent: number;
  /** The same of those that predict noise, where it is another. */
  readonly noiseLatent?: number;
  /** Of all that were released; null where some predict noise and some v. */
  readonly prediction: Prediction | null;
}

const families = [
  {
    id: 'sd1',
    label: 'Stable Diffusion 1.x',
    text: 'sd1',
    channels: 4,
    pipeline: 'StableDiffusionPipeline',
    latent: 64,
    prediction: 'epsilon',
  },
  {
    id: 'sd1-inpainting',
    label: 'Stable Diffusion 1.x for inpainting',
    text: 'sd1',
    channels: 9,
    pipeline: 'StableDiffusionInpaintPipeline',
    latent: 64,
    prediction: 'epsilon',
  },
  {
    id: 'sd2',
    label: 'Stable Diffusion 2.x',
    text: 'sd2',
    channels: 4,
    pipeline: 'StableDiffusionPipeline',
    // 2.1 and 2 were trained at 768, their bases, which predict noise, at 512.
    latent: 96,
    noiseLatent: 64,
    prediction: null,
  },
  {
    id: 'sd2-depth',
    label: 'Stable Diffusion 2 with depth',
    text: 'sd2',
    channels: 5,
    pipeline: 'StableDiffusionDepth2ImgPipeline',
    latent: 64,
    prediction: 'epsilon',
  },
  {
    id: 'sd2-inpainting',
    label: 'Stable Diffusion 2 for inpainting',
    text: 'sd2',
    channels: 9,
    pipeline: 'StableDiffusionInpaintPipeline',
    latent: 64,
    prediction: 'epsilon',
  },
  {
    id: 'sdxl',
    label: 'Stable Diffusion XL',
    text: 'xl',
    channels: 4,
    pipeline: 'StableDiffusionXLPipeline',
    latent: 128,
    prediction: 'epsilon',
  },
  {
    id: 'sdxl-inpainting',
    label: 'Stable Diffusion XL for inpainting',
    text: 'xl',
    channels: 9,
    pipeline: 'StableDiffusionXLInpaintPipeline',
    latent: 128,
    prediction: 'epsilon',
  },
] as const satisfies readonly Family[];

/** Side of the latent that a model of the family was trained on. @param prediction null where nobody says it yet */
export function latentOf(family: Pick<Family, 'latent' | 'noiseLatent'>, prediction: string | null): number {
  return (prediction === 'epsilon' ? family.noiseLatent : undefined) ?? family.latent;
}

export type FamilyId = (typeof families)[number]['id'];

/** What other numbers of input channels are for. */
const OTHER_CHANNELS: Readonly<Record<number, string>> = {
  5: 'with depth',
  7: 'for making pictures larger (an upscaler)',
  8: 'for editing by instruction (InstructPix2Pix)',
  9: 'for inpainting',
};

const SUITED = 'Use a checkpoint of Stable Diffusion 1.x, 2.x or XL.';

/** What to do with a file that is no checkpoint. */
const HINTS: Readonly<Record<string, string>> = {
  lora: 'Choose a checkpoint as the model and add this file to it as a LoRA.',
  controlnet: 'Choose a checkpoint as the model and add this file to it as a ControlNet.',
  embedding: 'Choose a checkpoint as the model and add this file to it as an embedding.',
  component:
    'Choose the whole model: the folder that this file is a part of, or a file that holds all parts.',
  vae: 'Choose the whole model: the folder that this file is a part of, or a file that holds all parts.',
};

const TEXT_ENCODERS: readonly (readonly [prefix: string, text: Family['text'] | 'refiner'])[] = [
  ['conditioner.embedders.0.transformer.', 'xl'],
  ['conditioner.embedders.0.model.', 'refiner'],
  ['cond_stage_model.transformer.', 'sd1'],
  ['cond_stage_model.model.', 'sd2'],
];

const TEXT_LABELS = { sd1: 'Stable Diffusion 1.x', sd2: 'Stable Diffusion 2.x', xl: 'Stable Diffusion XL' };

/**
 * @param doing "reading sd15.safetensors"
 * @throws AppError bundle-invalid that says what the file is instead
 */
export function familyOf(tensors: Tensors, doing: string): Family & { readonly id: FamilyId } {
  const refusal = (message: string, hint = SUITED) =>
    new AppError('bundle-invalid', message, { doing, hint });
  const { kind, words } = kindOfFile(tensors);
  if (kind === 'unknown') throw refusal(`the file holds no Stable Diffusion, but ${firstNames(tensors)}`);
  if (kind === 'other-model') throw refusal(`this is ${words}, which Retake does not run`);
  if (kind !== 'checkpoint') throw refusal(`this is ${words}, not a whole model`, HINTS[kind]);
  const names = [...tensors.keys()];
  const text = TEXT_ENCODERS.find(([prefix]) => names.some((name) => name.startsWith(prefix)))?.[1];
  if (text === undefined) throw refusal('the checkpoint has no text encoder', HINTS.component);
  if (text === 'refiner') throw refusal('this is the XL refiner', 'Use the XL base model.');
  if (!names.some((name) => name.startsWith('first_stage_model.decoder.')))
    throw refusal('the checkpoint has no autoencoder (VAE)', HINTS.component);
  const channels = tensors.get(`${UNET_PREFIX}input_blocks.0.0.weight`)!.dims[1] ?? 0;
  const found = families.find((family) => family.text === text && family.channels === channels);
  if (found) return found;
  const what = OTHER_CHANNELS[channels] ?? 'of an unknown kind';
  throw refusal(`this is ${TEXT_LABELS[text]} ${what}: it has ${channels} input channels`);
}

function firstNames(tensors: Tensors): string {
  const names = [...tensors.keys()];
  const shown = names.slice(0, 3).map((name) => name.slice(0, 80));
  return `${shown.join(', ') || 'nothing'}${names.length > shown.length ? ' …' : ''}`;
}

export interface PredictionTold {
  /** Null where the artist has to say. */
  readonly prediction: Prediction | null;
  /** Trained with a schedule that ends in pure noise. */
  readonly zeroSnr: boolean;
}

const SAID: Readonly<Record<string, Prediction>> = {
  epsilon: 'epsilon',
  eps: 'epsilon',
  v: 'v_prediction',
  'v-prediction': 'v_prediction',
  v_prediction: 'v_prediction',
};

/** Stable Diffusion 2 by the names of the model specification, which tells its two kinds apart. */
const SAID_BY_ARCHITECTURE: readonly (readonly [RegExp, Prediction])[] = [
  [/^stable-diffusion-v2-768-v\b/, 'v_prediction'],
  [/^stable-diffusion-v2-512\b/, 'epsilon'],
];

/** From what the file says (markers, modelspec), else from its family. */
export function predictionOf(
  family: Pick<Family, 'prediction'>,
  tensors: Tensors,
  metadata: ReadonlyMap<string, string>,
): PredictionTold {
  const zeroSnr = tensors.has('ztsnr');
  if (tensors.has('v_pred')) return { prediction: 'v_prediction', zeroSnr };
  const said = SAID[(metadata.get('modelspec.prediction_type') ?? '').toLowerCase()];
  const architecture = metadata.get('modelspec.architecture') ?? '';
  const named = SAID_BY_ARCHITECTURE.find(([pattern]) => pattern.test(architecture))?.[1];
  return { prediction: said ?? named ?? family.prediction, zeroSnr };
}
