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
  'farm',
] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** One thing that was tried. */
export interface KitCheck {
  /** A phrase: "exporter shots: a cut with gaps". */
  readonly what: string;
  readonly outcome: 'passed' | 'failed' | 'left';
  /** Why it failed or was left, or what came of it. */
  readonly said: string;
  /** The last that the plugin printed meanwhile: a few lines. */
  readonly printed: readonly string[];
}

export interface PackedPlugin {
  readonly path: string;
  readonly bytes: number;
  /** By path, the manifest first. */
  readonly files: readonly string[];
  /** What of the folder is not in it; folders have a slash at their end. */
  readonly left: readonly string[];
}

export interface KitReport {
  readonly id: string;
  readonly version: string;
  readonly tier: string;
  readonly checks: readonly KitCheck[];
  /** Of the calls that are recorded in the folder: how many were made again, and how many were written. */
  readonly recorded: { readonly replayed: number; readonly written: number };
  readonly passed: boolean;
  /** Null where it did not pass. */
  readonly packed: PackedPlugin | null;
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
  /** `record`: what it answers is written to its `recorded` folder, instead of compared with what lies there. */
  'kit.test': call(folder.extend({ record: z.boolean() }), 'testing a plugin').answers<KitReport>(),
  'kit.pack': call(folder, 'packing a plugin').answers<PackedPlugin>(),
};
