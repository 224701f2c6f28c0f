/** What the window shows as panels: its own, and those that plugins bring. One registry holds both. */
import { create } from 'zustand';
import type { PanelEntry } from '../../common/contract/panels.ts';
import { BUILT_IN } from '../../common/plugins/built-in.ts';
import { isBuiltInId } from '../../common/plugins/ids.ts';
import { Registry } from '../../common/plugins/registry.ts';
import { call } from '../engine.ts';
import { engineList, followEvent, useEngineList } from './engine-list.ts';
import { tellError } from './notices.ts';
import { useOffered } from './plugins.ts';
import type { Left, Side } from './view.ts';

interface Place {
  /** Full. */
  readonly id: string;
  readonly label: string;
}

/** A tab of the panels at the left or at the right of the viewer. */
export type Tab = Place & { readonly keys: readonly string[] } & (
    | { readonly where: 'left'; readonly id: Left }
    | { readonly where: 'right'; readonly id: Side }
  );

/** A page of a plugin: below the settings of the shot, or along the bottom of the window. */
export interface PluginPanel extends Place {
  readonly where: PanelEntry['where'];
  readonly from: PanelEntry;
}

export type WindowPanel = Tab | PluginPanel;

export const panels = new Registry<WindowPanel>('panel');

const TABS: readonly Tab[] = [
  { id: 'inspector', label: 'Inspector', where: 'right', keys: ['Shift+Digit1'] },
  { id: 'queue', label: 'Queue', where: 'right', keys: ['Shift+Digit2'] },
  { id: 'scopes', label: 'Scopes', where: 'right', keys: ['Shift+Digit3'] },
  { id: 'takes', label: 'Takes', where: 'left', keys: ['Shift+Digit4'] },
  { id: 'clips', label: 'Clips', where: 'left', keys: ['Shift+Digit5'] },
  { id: 'markers', label: 'Markers', where: 'left', keys: ['Shift+Digit6'] },
];
for (const tab of TABS) panels.contribute(BUILT_IN.panels, tab);

export function isTab(panel: WindowPanel): panel is Tab {
  return panel.where === 'left' || panel.where === 'right';
}

export function tabsAt<Where extends Tab['where']>(where: Where): readonly Extract<Tab, { where: Where }>[] {
  return panels.list.filter((one): one is Extract<Tab, { where: Where }> => one.where === where);
}

const NONE: readonly PluginPanel[] = [];

const list = engineList<PanelEntry>(() => call('panels.list', null));
const useStore = create<{ readonly plugins: readonly PluginPanel[] }>(() => ({ plugins: [] }));

/** Keeps the registry as the engine says; returns what stops it. */
export function followPanels(): () => void {
  const stops = [
    list.store.subscribe(({ list: entries }) => takeIn(entries ?? [])),
    followEvent(list, 'plugins'),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function takeIn(entries: readonly PanelEntry[]): void {
  const owners = new Set(panels.list.map(({ id }) => panels.ownerOf(id)!.id));
  for (const owner of owners) if (!isBuiltInId(owner)) panels.withdraw(owner);
  for (const from of entries) {
    try {
      panels.contribute(from.plugin, { id: from.id, label: from.label, where: from.where, from });
    } catch (error) {
      tellError(error);
    }
  }
  useStore.setState({ plugins: panels.list.filter((one): one is PluginPanel => !isTab(one)) });
}

/** Those that the open project may use. */
export function usePluginPanels(): readonly PluginPanel[] {
  useEngineList(list);
  return useOffered(useStore((state) => state.plugins)) ?? NONE;
}

/** The panel that was just asked for, until it is there. */
let wanted: string | null = null;

export function wantPanel(id: string | null): void {
  wanted = id;
}

/** @param isThere it need not be asked for any more */
export function isWanted(id: string, isThere: boolean): boolean {
  const is = wanted === id;
  if (is && isThere) wanted = null;
  return is;
}
