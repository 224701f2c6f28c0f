/** The networks a bundle may hold, in the order they are reported. A new one is its file and its line here. */
import { BUILT_IN } from '../../../../common/plugins/built-in.ts';
import { Registry } from '../../../../common/plugins/registry.ts';
import type { RoleName } from '../role.ts';
import { depthEstimator } from './depth-estimator.ts';
import { flowEstimator } from './flow-estimator.ts';
import { interpolator } from './interpolator.ts';
import { segmenter } from './segmenter.ts';
import { textEncoder, textEncoder2 } from './text-encoder.ts';
import { unet } from './unet.ts';
import { vaeDecoder } from './vae-decoder.ts';
import { vaeEncoder } from './vae-encoder.ts';

const OWN = [
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

export type BundleRole = (typeof OWN)[number];
export type RoleId = BundleRole['id'];

/** Named by their folders: "vae-decoder". */
export const ROLES = new Registry<{ readonly id: string; readonly role: BundleRole }>('kind of network');
for (const role of OWN) ROLES.contribute(BUILT_IN.estimators, { id: role.folder.replaceAll('_', '-'), role });

export function bundleRoles(): readonly BundleRole[] {
  return ROLES.list.map(({ role }) => role);
}

export function roleNamed(id: RoleId): RoleName & { readonly folder: string } {
  return bundleRoles().find((role) => role.id === id)!;
}
