/** The networks a bundle may hold, in the order they are reported. A new one is its file and its line here. */
import type { RoleName } from '../role.ts';
import { depthEstimator } from './depth-estimator.ts';
import { flowEstimator } from './flow-estimator.ts';
import { interpolator } from './interpolator.ts';
import { segmenter } from './segmenter.ts';
import { textEncoder, textEncoder2 } from './text-encoder.ts';
import { unet } from './unet.ts';
import { vaeDecoder } from './vae-decoder.ts';
import { vaeEncoder } from './vae-encoder.ts';

export const ROLES = [
  unet,
  vaeEncoder,
  vaeDecoder,
  textEncoder,
  textEncoder2,
  // Welcome, not needed.
  depthEstimator,
  flowEstimator,
  interpolator,
  segmenter,
] as const;

export type RoleId = (typeof ROLES)[number]['id'];

export function roleNamed(id: RoleId): RoleName & { readonly folder: string } {
  return ROLES.find((role) => role.id === id)!;
}
