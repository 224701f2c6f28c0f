/** Open the shipped example: its clip on the timeline with an edit written out, so that one key renders it. */
import { type ProjectDocument, shotSettings } from '../../common/project/document.ts';
import { refuse, trim } from '../../common/project/edits.ts';
import { setSettings } from '../../common/project/edits-settings.ts';
import { isShot } from '../../common/project/positions.ts';
import { type Grouped, mergeGroups } from '../../common/settings/catalogue.ts';
import { SETTINGS, type SomeSettings } from '../../common/settings/settings.ts';
import { shell } from '../engine.ts';
import { getPlaced } from '../store/current.ts';
import { tell } from '../store/notices.ts';
import { change, getOpened } from '../store/project.ts';
import type { Command } from './command.ts';
import { importClip } from './import-clip.ts';
import { createProject, openProject } from './project.ts';

/** What the example says about a shot, and no more; a setting that this version does not know is left out. */
function settingsOf(...parts: readonly Grouped[]): SomeSettings<'shot'> {
  const known = SETTINGS.pick(mergeGroups(...parts), 'shot');
  shotSettings.parse(known);
  return known;
}

async function openDemo(): Promise<void> {
  const demo = (await shell().demo()) ?? refuse('opening the example', 'this installation has none');
  if (demo.exists) return openProject(demo.project);
  await createProject(demo.project);
  await importClip(demo.clip);
  const shots = getPlaced()
    .filter(isShot)
    .map(({ item }) => item.id);
  const { range, settings, edits } = demo;
  const [edit] = edits;
  change({
    name: 'Describe the example',
    edit(draft) {
      setSettings(draft, shots, settingsOf(settings, edit?.settings ?? {}));
      if (range && shots.length === 1) trimTo(draft, shots[0]!, range);
    },
  });
  if (range) {
    const steps = settings.sampling?.steps;
    tell(
      `To render soon, the example edits frames ${range.start} to ${range.end - 1} of its clip` +
        `${steps ? ` in ${steps} steps` : ''}. Drag the edge of the shot for the rest; more steps are finer.`,
    );
  }
}

function trimTo(draft: ProjectDocument, shot: string, range: { start: number; end: number }): void {
  trim(draft, shot, 'start', range.start);
  trim(draft, shot, 'end', range.end);
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
