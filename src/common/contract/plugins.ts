/** Plugins of others: what is installed, how it gets there and what is switched on. */
import { z } from 'zod';
import { pluginIdFault } from '../plugins/ids.ts';
import type { Manifest } from '../plugins/manifest.ts';
import { call } from './call.ts';
import { absolutePath, nothing } from './values.ts';

/** It runs where it is `on`, not `disabled`, and has no problems. */
export interface PluginEntry {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Null where it cannot be read; then `problems` says why. */
  readonly manifest: Manifest | null;
  /** Its folder. */
  readonly path: string;
  /** Runs where it lies and may change at any time. */
  readonly developer: boolean;
  /** The artist's switch, for all projects that say nothing else. */
  readonly on: boolean;
  /** Why Retake switched it off, in one line; switching it on forgets that. */
  readonly disabled: string | null;
  /** One clear line each: what must be mended before it runs. */
  readonly problems: readonly string[];
}

/** What would be installed, before anything is. */
export interface PluginLook {
  readonly manifest: Manifest;
  readonly files: number;
  readonly bytes: number;
  /** Hand it back to `plugins.install`: that very package with those permissions is agreed to. */
  readonly consent: string;
  /** Of the same id. */
  readonly installed: {
    readonly version: string;
    readonly author: string;
    readonly developer: boolean;
  } | null;
  readonly change: 'new' | 'update' | 'same' | 'downgrade';
  /** Permissions that the installed one was not given; all of them for a new one. One line each, with the reason. */
  readonly asks: readonly string[];
  /** Why it cannot be installed; empty where it can. */
  readonly problems: readonly string[];
}

const one = z.strictObject({
  id: z.string().check((ctx) => {
    const message = pluginIdFault(ctx.value);
    if (message) ctx.issues.push({ code: 'custom', message, input: ctx.value });
  }),
});
const file = z.strictObject({ path: absolutePath });

/** All but `list`, `recognise`, `look` and `log` answer with the new list. */
export const pluginCalls = {
  'plugins.list': call(nothing, 'listing the plugins').answers<readonly PluginEntry[]>(),
  /** Whether what was dropped is to be looked into as a plugin. */
  'plugins.recognise': call(file, 'looking at what was dropped').answers<{ is: boolean }>(),
  /** A .zip or a folder. */
  'plugins.look': call(file, 'looking into a plugin').answers<PluginLook>(),
  'plugins.install': call(file.extend({ consent: z.string().max(100) }), 'installing a plugin').answers<
    readonly PluginEntry[]
  >(),
  'plugins.enable': call(one.extend({ on: z.boolean() }), 'switching a plugin').answers<
    readonly PluginEntry[]
  >(),
  'plugins.remove': call(one, 'removing a plugin').answers<readonly PluginEntry[]>(),
  /** Runs a plugin where it is being made. */
  'plugins.develop': call(file.extend({ on: z.boolean() }), 'using a developer folder').answers<
    readonly PluginEntry[]
  >(),
  /** The last that it printed, 64 KB of plain text at most; empty where it printed nothing. */
  'plugins.log': call(one, 'reading what a plugin printed').answers<{ text: string }>(),
  'plugins.reload': call(one, 'reloading a plugin').answers<readonly PluginEntry[]>(),
};
