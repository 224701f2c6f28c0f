/** Every command, in the order in which the key list shows them; `run` is the one place that applies what they answer. */
import { attempt } from '../store/notices.ts';
import { change } from '../store/project.ts';
import { anchorCommands } from './anchor.ts';
import { backupCommands } from './backups.ts';
import { clipRateCommands } from './clip-rate.ts';
import { clipCommands } from './clips.ts';
import type { Command, Intent } from './command.ts';
import { compareCommands } from './compare.ts';
import { contactSheetCommands } from './contact-sheet.ts';
import { demoCommands } from './demo.ts';
import { describeCommand } from './describe.ts';
import { duplicateCommand } from './duplicate.ts';
import { exportCommands } from './export.ts';
import { farmCommands } from './farm.ts';
import { frameCommands } from './frame.ts';
import { fullScreenCommands } from './full-screen.ts';
import { goToCommands } from './go-to.ts';
import { historyCommands } from './history.ts';
import { importCommands } from './import-clip.ts';
import { loopCommands } from './loop.ts';
import { markerCommands } from './marker.ts';
import { maskCommands } from './mask.ts';
import { maskKeyCommands } from './mask-keys.ts';
import { mergeCommand } from './merge.ts';
import { moveCommands } from './move.ts';
import { openTimelineCommands } from './open-timeline.ts';
import { PANEL_ENTRY, panelCommands, showPluginPanel } from './panels.ts';
import { pluginCommands } from './plugins.ts';
import { projectCommands } from './project.ts';
import { qualityCommands } from './quality.ts';
import { queueCommands } from './queue.ts';
import { rangeCommands } from './range.ts';
import { removeCommands } from './remove.ts';
import { renderCommands } from './render.ts';
import { seekCommands } from './seek.ts';
import { selectionCommands } from './selection.ts';
import { shuttleCommands } from './shuttle.ts';
import { slipCommands } from './slip.ts';
import { splitCommand } from './split.ts';
import { takeCommands } from './take.ts';
import { takeLoraCommands } from './take-lora.ts';
import { trimCommands } from './trim.ts';
import { tryModelCommand } from './try-model.ts';
import { variationCommands } from './variations.ts';
import { zoomCommands } from './zoom.ts';

export const commands: readonly Command[] = [
  ...shuttleCommands,
  ...loopCommands,
  ...seekCommands,
  ...goToCommands,
  ...rangeCommands.filter((command) => command.group === 'Move'),
  ...historyCommands,
  splitCommand,
  mergeCommand,
  ...trimCommands,
  ...slipCommands,
  duplicateCommand,
  describeCommand,
  ...removeCommands,
  ...rangeCommands.filter((command) => command.group === 'Edit'),
  ...moveCommands,
  ...selectionCommands,
  ...markerCommands,
  ...anchorCommands,
  ...frameCommands,
  ...maskCommands,
  ...maskKeyCommands,
  ...takeCommands,
  ...contactSheetCommands,
  ...qualityCommands,
  ...takeLoraCommands,
  ...renderCommands,
  ...variationCommands,
  ...farmCommands,
  tryModelCommand,
  ...queueCommands,
  ...clipCommands,
  ...clipRateCommands,
  ...compareCommands,
  ...fullScreenCommands,
  ...zoomCommands,
  ...pluginCommands,
  ...panelCommands,
  ...projectCommands,
  ...exportCommands,
  ...openTimelineCommands,
  ...backupCommands,
  ...demoCommands,
  ...importCommands,
];

const byId = new Map(commands.map((command) => [command.id, command]));

/** Runs a command and tells the artist when it cannot be done. */
export async function run(id: string): Promise<void> {
  if (id.startsWith(PANEL_ENTRY)) return showPluginPanel(id.slice(PANEL_ENTRY.length));
  const command = byId.get(id);
  if (command) await attempt(perform(command));
}

async function perform(command: Command): Promise<void> {
  const answer = await command.run();
  if (answer) apply(answer);
}

/** Makes a change, then what follows from it. @throws AppError when the edit refuses */
function apply(intent: Intent): void {
  change(intent);
  intent.after?.();
}
