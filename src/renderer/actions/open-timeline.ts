/** Opens the cut of another program as a project: looks at it first, then asks what only the artist knows. */
import { Cancelled, errorLine } from '../../common/errors.ts';
import { rational } from '../../common/time/rational.ts';
import { call, shell } from '../engine.ts';
import { flush } from '../store/autosave.ts';
import { beginOpening, type Opening, openingStore, patchOpening } from '../store/opening.ts';
import { endingsOfPlugins } from '../store/timeline-ways.ts';
import { setView } from '../store/view.ts';
import { sentence } from '../words.ts';
import type { Command } from './command.ts';
import { show } from './project.ts';

/** At which a list is looked at before anybody said how it counts: it decides nothing that is looked for. */
const UNSAID = rational(25);

let looking = new AbortController();

export async function openTimeline(path: string): Promise<void> {
  beginOpening(path, path.replace(/\.[^./\\]*$/, '.retake'));
  setView({ dialog: 'timeline' });
  await look();
}

async function look(): Promise<void> {
  looking.abort();
  looking = new AbortController();
  const { signal } = looking;
  const opening = now();
  if (!opening) return;
  patchOpening({ state: 'looking', problem: null });
  const { path, footage, rate } = opening;
  const asked = { path, footage: footage === '' ? null : footage, rate: rate ?? UNSAID };
  try {
    const seen = await call('timeline.look', asked, signal);
    if (signal.aborted) return;
    patchOpening({ seen, state: 'asking', rate: now()?.rate ?? seen.rateOfFiles });
  } catch (error) {
    if (!signal.aborted) patchOpening({ problem: lineOf(error), state: 'asking' });
  }
}

export async function lookIn(footage: string): Promise<void> {
  patchOpening({ footage });
  await look();
}

export async function chooseFootageFolder(): Promise<void> {
  const folder = await shell().openFolderDialog('Folder in which the clips lie');
  if (folder) await lookIn(folder);
}

export async function chooseProjectPlace(): Promise<void> {
  const name = now()
    ?.project.replace(/^.*[\\/]/, '')
    .replace(/\.retake$/i, '');
  const project = await shell().saveProjectDialog(name ?? 'Untitled');
  if (project) patchOpening({ project, problem: null });
}

/** Makes the project and shows it; what could not be kept stays to be read. */
export async function openAsked(): Promise<void> {
  const opening = now();
  if (opening?.state !== 'asking') return;
  const { path, project, footage, rate } = opening;
  patchOpening({ state: 'opening', problem: null });
  looking = new AbortController();
  const { signal } = looking;
  try {
    await flush();
    const asked = { path, project, footage: footage === '' ? null : footage, rate: rate ?? UNSAID };
    const { opened, losses } = await call('timeline.import', asked, signal);
    await show(opened);
    patchOpening({ state: 'opened', losses });
    if (losses.length > 0 && now()) setView({ dialog: 'timeline' });
  } catch (error) {
    patchOpening({ problem: lineOf(error), state: 'asking' });
  }
}

/** The sheet is closed: nothing that was begun for it goes on. */
export function leaveOpening(): void {
  looking.abort();
  openingStore.setState({ opening: null });
  setView({ dialog: null });
}

function now(): Opening | null {
  return openingStore.getState().opening;
}

function lineOf(error: unknown): string | null {
  return error instanceof Cancelled ? null : sentence(errorLine(error));
}

async function askAndOpen(): Promise<void> {
  const path = await shell().openTimelineDialog(await endingsOfPlugins());
  if (path) await openTimeline(path);
}

export const openTimelineCommands: readonly Command[] = [
  {
    id: 'file.openTimeline',
    name: 'Open a timeline of another program…',
    group: 'Project',
    keys: [],
    run: askAndOpen,
  },
];
