/** Which panels are seen. */
import { setFold } from '../store/folds.ts';
import { isTab, panels, type Tab, wantPanel } from '../store/panels.ts';
import { setView } from '../store/view.ts';
import type { Command } from './command.ts';

function showTab({ where, id }: Tab): void {
  setView(where === 'left' ? { left: id } : { side: id });
}

/** Brings a panel of a plugin into sight, by its full id. */
export function showPluginPanel(id: string): void {
  const panel = panels.find(id);
  if (!panel || isTab(panel)) return;
  if (panel.where === 'bottom') setView({ bottom: id });
  else {
    setView({ side: 'inspector' });
    foldPanel(id, true);
  }
}

/** Opened, it is brought into sight when its page is there. */
export function foldPanel(id: string, isOpen: boolean): void {
  wantPanel(isOpen ? id : null);
  setFold(panelFold(id), isOpen);
}

/** Its fold in the inspector. */
export function panelFold(id: string): string {
  return `panel ${id}`;
}

/** Those of the window itself; a plugin's have no keys of their own. */
export const panelCommands: readonly Command[] = panels.list.filter(isTab).map((tab) => ({
  ...{ id: `view.${tab.id}`, name: tab.label, group: 'View', keys: tab.keys },
  run: () => showTab(tab),
}));

/** How the menu names the entry of a plugin's panel, as the id of a command. */
export const PANEL_ENTRY = 'panel:';
