/** Panels of plugins: what the window may show, and where their pages come from. */
import type { PluginFacts } from '../plugins/built-in.ts';
import type { UiCommand, UiRead } from '../plugins/ui-v1.ts';
import { call } from './call.ts';
import { nothing } from './values.ts';

/** Of a plugin that can run. */
export interface PanelEntry {
  /** Full: "org.example.palette/palette". */
  readonly id: string;
  readonly label: string;
  readonly plugin: PluginFacts;
  readonly where: 'inspector' | 'bottom';
  /** retake-panel://<host>/<entry> */
  readonly host: string;
  readonly entry: string;
  readonly reads: readonly UiRead[];
  readonly commands: readonly UiCommand[];
  /** Another one with every change of a plugin that is being made: its panels are loaded anew. */
  readonly stamp: string;
}

export const panelCalls = {
  'panels.list': call(nothing, 'listing the panels').answers<readonly PanelEntry[]>(),
};
