/** Which plugins a project needs, and which of them cannot be used here. Pure: who asks brings what is installed. */

import { AppError } from '../errors.ts';
import type { ProjectDocument } from '../project/document.ts';
import { filesIn } from '../settings/files.ts';
import type { ShotSettings, SomeSettings } from '../settings/settings.ts';
import { pluginOf } from './ids.ts';

/** Methods are named by full ids, "org.example.blur/guided"; models and other networks by their path. */
interface UsedOf {
  readonly kind: 'method' | 'network';
  readonly name: string;
}

/** What a project has of one plugin. */
export interface PluginUse {
  readonly id: string;
  /** Without doubles: shots first. */
  readonly uses: readonly UsedOf[];
  /** By name, in playing order. */
  readonly shots: readonly string[];
  readonly takes: number;
}

/** What the switch and the state of a plugin hang on; `PluginEntry` of the contract is one. */
export interface InstalledPlugin {
  readonly id: string;
  /** The switch for all projects. */
  readonly on: boolean;
  /** Why the host has switched it off. */
  readonly disabled: string | null;
  /** What keeps it from being used at all. */
  readonly problems: readonly string[];
  /** Its folder. */
  readonly path: string;
}

/** here: it is offered and renders. off: by the artist, for all or for this project. failed: by the host, or it cannot be used. */
export type PluginState = 'here' | 'missing' | 'off' | 'off-here' | 'failed';

/** A folder that a plugin is installed in is named by its id, on whatever machine that was. */
const INSTALLED = /[\\/]plugins[\\/]([a-z0-9][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+)(?=[\\/])/;

/** The plugin that a file is of: one that is installed, or one that was where the path was written; null for any other file. */
export function pluginOfFile(path: string, installed: readonly InstalledPlugin[]): string | null {
  const inside = (folder: string) => path.startsWith(folder) && /^[\\/]/.test(path.slice(folder.length));
  return installed.find((one) => inside(one.path))?.id ?? INSTALLED.exec(path)?.[1] ?? null;
}

/** The same file of the same plugin as it is installed here, in parts from its folder; null where the path is of none. */
export function samePluginFile(
  path: string,
  installed: readonly InstalledPlugin[],
): { readonly folder: string; readonly parts: readonly string[] } | null {
  const match = INSTALLED.exec(path);
  const plugin = match && installed.find(({ id }) => id === match[1]);
  if (!match || !plugin) return null;
  const parts = path.slice(match.index + match[0].length + 1).split(/[\\/]/);
  return parts.includes('..') ? null : { folder: plugin.path, parts };
}

type Settings = ShotSettings | SomeSettings<'shot'>;
type Uses = readonly (UsedOf & { readonly plugin: string })[];

/** A letter that is typed leaves all other shots as they were: they are not read again. */
const known = new WeakMap<readonly InstalledPlugin[], WeakMap<Settings, Uses>>();

/** What of settings comes from plugins: of a shot, a take or a preset. */
function usesOf(settings: Settings, installed: readonly InstalledPlugin[]): Uses {
  const ofThese = known.get(installed) ?? new WeakMap<Settings, Uses>();
  known.set(installed, ofThese);
  const uses = ofThese.get(settings) ?? readUses(settings, installed);
  ofThese.set(settings, uses);
  return uses;
}

function readUses(settings: Settings, installed: readonly InstalledPlugin[]): Uses {
  const method = settings.method?.id;
  const ofMethod = method === undefined ? null : pluginOf(method);
  const files = filesIn(settings).flatMap(({ path, use }) => {
    const plugin = use === 'network' ? pluginOfFile(path, installed) : null;
    return plugin === null ? [] : [{ plugin, kind: 'network' as const, name: path }];
  });
  return ofMethod === null ? files : [{ plugin: ofMethod, kind: 'method', name: method! }, ...files];
}

/** All that a project has from plugins, in the order in which it is met. */
export function pluginsUsed(
  document: ProjectDocument,
  installed: readonly InstalledPlugin[],
): readonly PluginUse[] {
  const found = new Map<string, { uses: UsedOf[]; shots: string[]; takes: number }>();
  const note = ({ plugin, kind, name }: UsedOf & { readonly plugin: string }) => {
    const use = found.get(plugin) ?? { uses: [], shots: [], takes: 0 };
    found.set(plugin, use);
    if (!use.uses.some((one) => one.kind === kind && one.name === name)) use.uses.push({ kind, name });
    return use;
  };
  const ofBundle = document.bundle === null ? null : pluginOfFile(document.bundle, installed);
  if (ofBundle !== null) note({ plugin: ofBundle, kind: 'network', name: document.bundle! });
  for (const item of document.timeline) {
    if (item.kind !== 'shot') continue;
    for (const use of new Set(usesOf(item.settings, installed).map(note))) use.shots.push(item.name);
  }
  for (const take of Object.values(document.takes)) {
    for (const use of new Set(usesOf(take.settings, installed).map(note))) use.takes += 1;
  }
  return [...found].map(([id, use]) => ({ id, ...use }));
}

/** What a project's own switch says, else the one for all; what the host has switched off stays so. */
export function pluginState(
  id: string,
  { plugins }: Pick<ProjectDocument, 'plugins'>,
  installed: readonly InstalledPlugin[],
): PluginState {
  const entry = installed.find((one) => one.id === id);
  if (!entry) return 'missing';
  if (entry.disabled !== null || entry.problems.length > 0) return 'failed';
  const own = Object.hasOwn(plugins, id) ? plugins[id]! : null;
  if (own === null) return entry.on ? 'here' : 'off';
  return own ? 'here' : 'off-here';
}

/** The first plugin that keeps settings from being rendered; null where none does. */
export function pluginInTheWay(
  settings: Settings,
  document: Pick<ProjectDocument, 'plugins' | 'bundle'>,
  installed: readonly InstalledPlugin[],
): { readonly id: string; readonly state: Exclude<PluginState, 'here'> } | null {
  const ofBundle = document.bundle === null ? null : pluginOfFile(document.bundle, installed);
  for (const id of [...usesOf(settings, installed).map(({ plugin }) => plugin), ofBundle]) {
    const state = id === null ? 'here' : pluginState(id, document, installed);
    if (state !== 'here') return { id: id!, state };
  }
  return null;
}

/** Why it cannot be used, in a sentence that goes on from its name: "org.example.blur is not installed". */
export function awayWords(state: Exclude<PluginState, 'here'>): string {
  return {
    missing: 'is not installed',
    off: 'is switched off',
    'off-here': 'is switched off for this project',
    failed: 'cannot be used',
  }[state];
}

/** What of a project cannot be used, and why. What has no `shots` is of takes alone, and those play without it. */
export function pluginsAway(
  document: ProjectDocument,
  installed: readonly InstalledPlugin[],
): readonly (PluginUse & { readonly state: Exclude<PluginState, 'here'> })[] {
  return pluginsUsed(document, installed).flatMap((use) => {
    const state = pluginState(use.id, document, installed);
    return state === 'here' ? [] : [{ ...use, state }];
  });
}

/** @param ids full ids of what is asked for @throws AppError plugin-missing for what the project has off for itself */
export function requireOnHere(
  { plugins }: Pick<ProjectDocument, 'plugins'>,
  ids: readonly string[],
  doing: string,
): void {
  for (const id of ids) {
    const plugin = pluginOf(id);
    if (plugin === null || !Object.hasOwn(plugins, plugin) || plugins[plugin]) continue;
    throw new AppError(
      'plugin-missing',
      `"${id}" comes with the plugin ${plugin}, which ${awayWords('off-here')}`,
      {
        doing,
        hint: 'Switch it on for this project, or ask for something else.',
      },
    );
  }
}
