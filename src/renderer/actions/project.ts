/** Opening, making, saving and collecting projects. */
import prettyBytes from 'pretty-bytes';
import { refuse } from '../../common/project/edits.ts';
import { call, shell } from '../engine.ts';
import { flush } from '../store/autosave.ts';
import { getPlaced, lengthOfPlaced } from '../store/current.ts';
import { resetJobs, setQueue } from '../store/jobs.ts';
import { tell } from '../store/notices.ts';
import { getDocument, getOpened, moveProject, showProject } from '../store/project.ts';
import { trash } from '../store/trash.ts';
import { getView, resetView, setView } from '../store/view.ts';
import { fitAll } from '../store/zoom.ts';
import type { Command } from './command.ts';

type Answer = Awaited<ReturnType<typeof call<'project.open'>>>;

/** Shows a project that the engine has opened; the one before is closed by then. */
export async function show(project: Answer): Promise<void> {
  resetView();
  resetJobs();
  trash.clear();
  showProject(project);
  setView(fitAll(getView(), lengthOfPlaced(getPlaced())));
  if (project.recovered) tell(project.recovered, 'problem');
  const queue = await call('queue.list', null);
  setQueue(queue.entries, queue.paused);
}

export async function openProject(path: string): Promise<void> {
  await flush();
  await show(await call('project.open', { path }));
}

export async function createProject(path: string): Promise<void> {
  await flush();
  const name = path.replace(/^.*[\\/]/, '').replace(/\.retake$/i, '');
  await show(await call('project.create', { path, name }));
}

async function askAndCreate(): Promise<void> {
  const path = await shell().saveProjectDialog('Untitled');
  if (path) await createProject(path);
}

async function askAndOpen(): Promise<void> {
  const path = await shell().openProjectDialog();
  if (path) await openProject(path);
}

async function saveNow(): Promise<void> {
  if (!getOpened()) refuse('saving', 'no project is open');
  await flush();
  tell('Saved');
}

async function saveAs(): Promise<void> {
  if (!getOpened()) refuse('saving', 'no project is open');
  // Where the old file can no longer be written, this is the way out.
  await flush().catch(() => {});
  const path = await shell().saveProjectDialog(getDocument().name);
  if (!path) return;
  const saved = await call('project.saveAs', { path, document: getDocument() });
  moveProject(saved);
  tell(`Saved as ${saved.path}`);
}

async function collect(): Promise<void> {
  if (!getOpened()) refuse('collecting', 'no project is open');
  await flush();
  const folder = await shell().openFolderDialog('Collect project, clips and takes into');
  if (!folder) return;
  const { path, bytes } = await call('project.collect', { folder });
  tell(`Collected ${prettyBytes(bytes)} into ${path}`);
}

export const projectCommands: readonly Command[] = [
  { id: 'file.new', name: 'New project…', group: 'Project', keys: ['$mod+n'], run: askAndCreate },
  { id: 'file.open', name: 'Open project…', group: 'Project', keys: ['$mod+o'], run: askAndOpen },
  { id: 'file.save', name: 'Save', group: 'Project', keys: ['$mod+s'], run: saveNow },
  { id: 'file.saveAs', name: 'Save as…', group: 'Project', keys: ['$mod+Shift+s'], run: saveAs },
  { id: 'file.collect', name: 'Collect into a folder…', group: 'Project', keys: [], run: collect },
];
