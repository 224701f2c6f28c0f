/** Which plugins' panels the artist lets change the project: asked once, kept on this machine. */
import { z } from 'zod';
import { type UiCommand, uiCommand } from '../../common/plugins/ui-v1.ts';
import { keep, kept } from '../storage.ts';

const STORED = 'retake.panelConsent';
const stored = z.record(z.string(), z.array(uiCommand));

export function isAllowed(pluginId: string, command: UiCommand): boolean {
  return kept(STORED, stored, {})[pluginId]?.includes(command) ?? false;
}

export function allowPanel(pluginId: string, commands: readonly UiCommand[]): void {
  const all = kept(STORED, stored, {});
  keep(STORED, { ...all, [pluginId]: [...new Set([...(all[pluginId] ?? []), ...commands])] });
}
