/** What is computed of a checkpoint, by name of the case; the first that fits. A text is what such cases need that is not built yet. */
import type { CheckpointKind } from './checkpoint.ts';
import { controlnet } from './controlnet.ts';
import { depth } from './depth.ts';
import { embedding } from './embedding.ts';
import { lora } from './lora.ts';
import { text } from './text.ts';
import { unet } from './unet.ts';
import { vae } from './vae.ts';

export const CHECKPOINT_KINDS: readonly (readonly [RegExp, CheckpointKind | string])[] = [
  [/lora/, lora],
  [/controlnet/, controlnet],
  [/embedding/, embedding],
  [/depth-estimator/, depth],
  [/text/, text],
  [/vae/, vae],
  [/unet/, unet],
];
