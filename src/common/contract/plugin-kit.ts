/** For those who write plugins: a folder to begin with, its trial, and the file to hand on. */
import { z } from 'zod';
import { call } from './call.ts';
import { absolutePath } from './values.ts';

export const PLUGIN_KINDS = [
  'exporter',
  'importer',
  'names',
  'method',
  'panel',
  'estimator',
  'model',
] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

export interface PackedPlugin {
  readonly path: string;
  readonly bytes: number;
  /** By path, the manifest first. */
  readonly files: readonly string[];
  /** What of the folder is not in it; folders have a slash at their end. */
  readonly left: readonly string[];
}

export interface CreatedPlugin {
  readonly path: string;
  readonly id: string;
  readonly files: readonly string[];
}

const folder = z.strictObject({ path: absolutePath });

export const pluginKitCalls = {
  'kit.create': call(
    z.strictObject({
      path: absolutePath,
      kind: z.enum(PLUGIN_KINDS),
      /** Made of the folder's name where it is null. */
      id: z.string().nullable(),
      /** The artist's own network or model, for kinds that hold one; null for one to begin with. */
      from: absolutePath.nullable(),
    }),
    'beginning a plugin',
  ).answers<CreatedPlugin>(),
  'kit.pack': call(folder, 'packing a plugin').answers<PackedPlugin>(),
};
