/** The models on this machine, and those that are fetched. */
import { z } from 'zod';
import type { ModelSettings } from '../settings/model-settings.ts';
import { call } from './call.ts';
import { absolutePath, nothing } from './values.ts';

export interface BundleEntry {
  readonly dir: string;
  readonly name: string;
  readonly kind: string;
  readonly builtIn: boolean;
  readonly isDefault: boolean;
  readonly bytes: number;
  readonly nativeSize: number;
  /** What suits it, by its own file: what a new shot starts with. */
  readonly settings: ModelSettings;
  /** One clear line each; a bundle with problems cannot be the default. */
  readonly problems: readonly string[];
}

export interface DownloadProgress {
  readonly repository: string;
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly error: string | null;
}

const one = z.strictObject({ dir: absolutePath });

export const bundleCalls = {
  'bundle.inspect': call(one, 'inspecting a model').answers<{
    text: string;
    report: { readonly defects: readonly string[] };
  }>(),
  'bundles.list': call(nothing, 'listing the models').answers<readonly BundleEntry[]>(),
  'bundles.add': call(one, 'adding a model').answers<readonly BundleEntry[]>(),
  'bundles.remove': call(one, 'removing a model').answers<readonly BundleEntry[]>(),
  'bundles.setDefault': call(one, 'choosing the default model').answers<readonly BundleEntry[]>(),
  /** The bundle becomes a folder inside `folder`, named like the repository. */
  'bundles.download': call(
    z.strictObject({
      endpoint: z.string().max(2000),
      repository: z.string().max(200),
      revision: z.string().max(200),
      folder: absolutePath,
    }),
    'downloading a model',
  ).answers<readonly BundleEntry[]>(),
  'bundles.cancelDownload': call(nothing, 'cancelling the download').answers<null>(),
};
