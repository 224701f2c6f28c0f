/** Open the shipped example: its clip on the timeline with an edit written out, so that one key renders it. */
import { type ShotSettings, shotSettings } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { setSettings } from '../../common/project/edits-settings.ts';
import { isShot } from '../../common/project/positions.ts';
import { shell } from '../engine.ts';
import { getPlaced } from '../store/current.ts';
import { change, getOpened } from '../store/project.ts';
import type { Command } from './command.ts';
import { importClip } from './import-clip.ts';
import { createProject, openProject } from './project.ts';

/** What the example says about a shot; a setting that this version does not know is left out. */
function settingsOf(values: Record<string, unknown>): Partial<ShotSettings> {
  const known = Object.entries(values).filter(([key]) => key in shotSettings.shape);
  return shotSettings.partial().parse(Object.fromEntries(known));
}

async function openDemo(): Promise<void> {
  const demo = (await shell().demo()) ?? refuse('opening the example', 'this installation has none');
  if (demo.exists) return openProject(demo.project);
  await createProject(demo.project);
  await importClip(demo.clip);
  const shots = getPlaced()
    .filter(isShot)
    .map(({ item }) => item.id);
  const [edit] = demo.edits;
  const { sourcePrompt } = demo;
  change({
    name: 'Describe the example',
    edit: (draft) => setSettings(draft, shots, settingsOf({ ...edit, sourcePrompt })),
  });
}

/** Where nothing was ever opened, the example is the first thing to be seen. */
export async function openAtStart(): Promise<void> {
  const path = await shell().projectToOpen();
  if (path) return openProject(path);
  if (getOpened() || (await shell().recentProjects()).length > 0) return;
  if (await shell().demo()) await openDemo();
}

export const demoCommands: readonly Command[] = [
  { id: 'file.demo', name: 'Open the example', group: 'Project', keys: [], run: openDemo },
];
