/** Plugins that are switched for this project alone. */
import type { ProjectDocument } from './document.ts';

/** null is as for all projects. */
export function setPlugin(draft: ProjectDocument, pluginId: string, on: boolean | null): void {
  if (on === null) delete draft.plugins[pluginId];
  else draft.plugins[pluginId] = on;
}
