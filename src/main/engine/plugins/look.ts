/** What would be installed, beside what is: read and told before anything changes. */
import { basename } from 'node:path';
import type { PluginLook } from '../../../common/contract/plugins.ts';
import { AppError } from '../../../common/errors.ts';
import { beyond, permissionLines } from '../../../common/plugins/permissions.ts';
import { compareVersions } from '../../../common/plugins/versions.ts';
import type { Package } from './install/package.ts';
import { type FoundPlugin, retakeFaults } from './installed.ts';

export function aboutPackage(
  { manifest, source, digest }: Package,
  there: readonly FoundPlugin[],
): PluginLook {
  const old = there.find(({ id }) => id === manifest.id);
  const version = old?.manifest?.version;
  const order = version === undefined ? null : compareVersions(manifest.version, version);
  const granted = old?.record?.installed?.granted ?? {};
  return {
    manifest,
    files: source.names.length,
    bytes: source.bytes,
    consent: digest,
    installed:
      old?.manifest && old.record
        ? {
            version: old.manifest.version,
            author: old.manifest.author,
            developer: old.record.developer !== null,
          }
        : null,
    change: order === null ? 'new' : order > 0 ? 'update' : order < 0 ? 'downgrade' : 'same',
    asks: permissionLines(beyond(granted, manifest.permissions)),
    problems: retakeFaults(manifest),
  };
}

/** @param consent of the look that the artist agreed to @throws AppError plugin-invalid, usage where it is another package by now */
export function requireAgreed({ manifest, digest }: Package, consent: string, path: string): void {
  const doing = 'installing a plugin';
  const [problem] = retakeFaults(manifest);
  if (problem !== undefined) throw new AppError('plugin-invalid', problem, { doing });
  if (consent === digest) return;
  throw new AppError('usage', `${basename(path)} is not what was agreed to`, {
    doing,
    hint: 'Look at it again.',
  });
}
