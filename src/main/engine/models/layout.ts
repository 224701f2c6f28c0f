/** What is known of a model before any graph is opened: its parts, where they come from, and how it is configured. */
import type { FoundPart, Wanted } from './find-parts.ts';
import type { PictureRange, Preprocessor } from './preprocessor.ts';
import type { RoleId } from './roles/registry.ts';
import { type TextConfig, textEncoder2 } from './roles/text-encoder.ts';
import type { UnetConfig } from './roles/unet-io.ts';
import type { VaeConfig } from './roles/vae.ts';
import type { SchedulerPlace } from './scheduler.ts';
import type { Source } from './source.ts';
import type { TokenizerPlace } from './tokenizer.ts';

/** One network of the model and the configuration beside it. */
export interface LayoutPart extends FoundPart {
  readonly source: Source;
}

interface RangeOf {
  readonly file: string | null;
  readonly config: PictureRange;
}

export interface Layout {
  /** Path of the model: its folder, or the one file that holds it. */
  readonly dir: string;
  readonly name: string;
  readonly className: string;
  /** Of a single file: "Stable Diffusion 1.x". */
  readonly family?: string;
  /** Null where the models lie flat and without one. */
  readonly indexFile: string | null;
  /** Side of the latent that it was trained on if it predicts noise, where no configuration can say it: keys hold that. */
  readonly noiseLatent?: number | null;
  /** Has two text encoders. */
  readonly xl: boolean;
  /** XL: an empty prompt is all zeros instead of the embedding of nothing. */
  readonly zeroEmptyPrompt: boolean;
  readonly parts: Partial<Record<RoleId, LayoutPart>>;
  readonly unet: UnetConfig;
  readonly vae: VaeConfig;
  /** Per text encoder, in order. */
  readonly text: readonly TextConfig[];
  readonly tokenizers: readonly TokenizerPlace[];
  readonly scheduler: SchedulerPlace;
  /** How the depth estimator wants its pictures; null where there is none. */
  readonly preprocessor: { readonly file: string; readonly config: Preprocessor } | null;
  /** The values that these take pictures in, and the file that says so; null where there is none of them. */
  readonly ranges: Readonly<Record<'flowEstimator' | 'interpolator', RangeOf | null>>;
  /** What an artist should know of the choice of its files, one line each. */
  readonly notes: readonly string[];
}

/** Stable Diffusion's, where no configuration says it. */
const USUAL_WIDTH = 320;

/** Channels of the UNet's first level. */
export function unetWidth({ unet }: Pick<Layout, 'unet'>): number {
  return unet.block_out_channels?.[0] ?? USUAL_WIDTH;
}

/** Whether a bundle must have it. */
export function isNeeded(role: Wanted, xl: boolean): boolean {
  return !role.optional && (xl || role.id !== textEncoder2.id);
}
