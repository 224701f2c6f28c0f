/** The plugins that are installed, and what of them the open project may use: the one place that says what is offered. */
import { useMemo } from 'react';
import type { PluginEntry } from '../../common/contract/plugins.ts';
import { AppError } from '../../common/errors.ts';
import { pluginOf } from '../../common/plugins/ids.ts';
import {
  awayWords,
  type PluginState,
  type PluginUse,
  pluginInTheWay,
  pluginState,
  pluginsAway,
  pluginsUsed,
} from '../../common/plugins/used.ts';
import type { ProjectDocument, ShotSettings } from '../../common/project/document.ts';
import type { SomeSettings } from '../../common/settings/settings.ts';
import { call } from '../engine.ts';
import { listed } from '../words.ts';
import { engineList, followEvent, useEngineList } from './engine-list.ts';
import { dismissOf, tell } from './notices.ts';
import { getDocument, getOpened, projectStore, useDocument, useOpened } from './project.ts';

type Plugins = readonly PluginEntry[];

const list = engineList<PluginEntry>(() => call('plugins.list', null));

/** Null until they are known. */
export function usePlugins(): Plugins | null {
  return useEngineList(list);
}

function getPlugins(): Plugins | null {
  return list.store.getState().list;
}

export function refreshPlugins(): Promise<Plugins> {
  return list.refresh();
}

/** The last that it printed, in this engine or one before; kept nowhere in the window. */
export async function readPrinted(id: string): Promise<string> {
  return (await call('plugins.log', { id })).text;
}

/** Takes in what a call answers that changes the list. */
export function takePlugins(answer: Promise<Plugins>): Promise<Plugins> {
  return list.take(answer);
}

/** Whether what has this full id is offered in a project; what comes with Retake always is. */
function isOffered(id: string, document: Pick<ProjectDocument, 'plugins'>, plugins: Plugins | null): boolean {
  const plugin = pluginOf(id);
  return plugin === null || (plugins !== null && pluginState(plugin, document, plugins) === 'here');
}

/** Of things with full ids (methods, exporters, panels …), those that the open project may use. */
export function useOffered<T extends { readonly id: string }>(all: readonly T[] | null): readonly T[] | null {
  const plugins = usePlugins();
  const switched = useDocument((document) => document.plugins);
  return useMemo(
    () => all?.filter(({ id }) => isOffered(id, { plugins: switched }, plugins)) ?? null,
    [all, plugins, switched],
  );
}

const isHereIn = (document: Pick<ProjectDocument, 'plugins'>, plugins: Plugins | null) => (plugin: string) =>
  plugins !== null && pluginState(plugin, document, plugins) === 'here';

/** Whether the open project may use a plugin, by its id. */
export function usePluginsHere(): (plugin: string) => boolean {
  const plugins = usePlugins();
  const switched = useDocument((document) => document.plugins);
  return useMemo(() => isHereIn({ plugins: switched }, plugins), [plugins, switched]);
}

/** The same for what is not drawn. */
export function isPluginHere(plugin: string): boolean {
  return isHereIn(getDocument(), getPlugins())(plugin);
}

/** The state of the plugin that a full id names; null for what comes with Retake, and until it is known. */
export function usePluginOf(id: string): { readonly id: string; readonly state: PluginState } | null {
  const plugins = usePlugins();
  const switched = useDocument((document) => document.plugins);
  const plugin = pluginOf(id);
  if (plugin === null || plugins === null) return null;
  return { id: plugin, state: pluginState(plugin, { plugins: switched }, plugins) };
}

/** What a plugin is called; one that is not installed is called by its id. */
export function pluginName(id: string, plugins: Plugins | null): string {
  return plugins?.find((one) => one.id === id)?.name ?? id;
}

/** What the open project has of each plugin; empty until it is known what is installed. */
export function usePluginUses(): readonly PluginUse[] {
  const plugins = usePlugins();
  const opened = useOpened() !== null;
  const document = useDocument((whole) => whole);
  return useMemo(
    () => (plugins && opened ? pluginsUsed(document, plugins) : []),
    [document, plugins, opened],
  );
}

export type PluginAway = ReturnType<typeof pluginsAway>[number];

/** What shots of the open project need and cannot have. */
export function usePluginsAway(): readonly PluginAway[] {
  const plugins = usePlugins();
  const opened = useOpened() !== null;
  const document = useDocument((whole) => whole);
  return useMemo(() => (plugins && opened ? inTheWay(document, plugins) : []), [document, plugins, opened]);
}

function inTheWay(document: ProjectDocument, plugins: Plugins): readonly PluginAway[] {
  return pluginsAway(document, plugins).filter(({ shots }) => shots.length > 0);
}

type Settings = ShotSettings | SomeSettings<'shot'>;

/**
 * Why settings cannot be rendered in the open project for want of a plugin, in one line; null where none is in the way,
 * and until the plugins are known. Those of a preset have no model.
 */
export function useInTheWay(of: 'shot' | 'preset'): (settings: Settings) => string | null {
  const plugins = usePlugins();
  const switched = useDocument((document) => document.plugins);
  const bundle = useDocument((document) => document.bundle);
  return (settings) => wayOf(settings, { plugins: switched, bundle: of === 'shot' ? bundle : null }, plugins);
}

/** @throws AppError plugin-missing where settings cannot be rendered in the open project for want of a plugin */
export function requirePlugins(of: 'shot' | 'preset', settings: Settings, doing: string): void {
  const { plugins, bundle } = getDocument();
  const line = wayOf(settings, { plugins, bundle: of === 'shot' ? bundle : null }, getPlugins());
  if (line) throw new AppError('plugin-missing', line, { doing });
}

type Asked = Pick<ProjectDocument, 'plugins' | 'bundle'>;

function wayOf(settings: Settings, document: Asked, plugins: Plugins | null): string | null {
  const away = plugins && pluginInTheWay(settings, document, plugins);
  return away && `It needs the plugin ${pluginName(away.id, plugins)}, which ${awayWords(away.state)}`;
}

/** Follows what changes by itself; says what was switched off meanwhile, and what a project that was opened lacks. */
export function followPlugins(): () => void {
  const stops = [
    followEvent(list, 'plugins'),
    list.store.subscribe(({ list: now }, { list: before }) => {
      if (cameToRun(now, before)) dismissOf('plugins');
      sayDisabled(now, before);
      sayMissing();
    }),
    projectStore.subscribe(({ opened }, before) => {
      if (opened?.id !== before.opened?.id) sayMissing();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Whether one can be used that could not before: what was missed may not be missed any more. */
function cameToRun(now: Plugins | null, before: Plugins | null): boolean {
  const running = (list: Plugins | null) =>
    (list ?? []).filter(({ on, disabled, problems }) => on && disabled === null && problems.length === 0);
  const ran = new Set(running(before).map(({ id }) => id));
  return before !== null && running(now).some(({ id }) => !ran.has(id));
}

function sayDisabled(now: Plugins | null, before: Plugins | null): void {
  for (const { id, name, disabled } of now ?? []) {
    const was = before?.find((one) => one.id === id);
    if (disabled !== null && was && was.disabled === null)
      tell(`${name} was switched off: ${disabled}`, 'problem', 'plugins');
  }
}

/** The project, by id, whose missing plugins were told. */
let toldOf: string | null = null;

function sayMissing(): void {
  const [opened, plugins] = [getOpened(), getPlugins()];
  if (opened === null) toldOf = null;
  if (opened === null || plugins === null || toldOf === opened.id) return;
  toldOf = opened.id;
  const missing = pluginsAway(getDocument(), plugins).filter(({ state }) => state === 'missing');
  if (missing.length > 0) tell(missingLine(missing), 'problem', 'plugins');
}

/** "This project needs a plugin that is not installed: org.example.blur. …" */
function missingLine(missing: readonly PluginUse[]): string {
  const what = missing.length === 1 ? 'a plugin that is' : `${missing.length} plugins that are`;
  const names = listed(
    missing.map(({ id }) => id),
    3,
  );
  return `This project needs ${what} not installed: ${names}. Takes play, and all that was set is kept.`;
}
