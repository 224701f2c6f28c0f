/** Plugins: look into one before it is installed, install, switch, update, remove; folders of plugins that are being made. */
import type { PluginEntry } from '../../common/contract/plugins.ts';
import { Cancelled, errorLine } from '../../common/errors.ts';
import { setPlugin } from '../../common/project/edits-plugins.ts';
import { call, shell } from '../engine.ts';
import { beginInstalling, endInstalling, getInstalling, patchInstalling } from '../store/installing.ts';
import { tell } from '../store/notices.ts';
import { takePlugins } from '../store/plugins.ts';
import { change } from '../store/project.ts';
import { setView } from '../store/view.ts';
import { sentence } from '../words.ts';
import type { Command } from './command.ts';

let looking = new AbortController();

/** Shows what is in a .zip or a folder; nothing is installed before the artist agrees. */
export async function lookIntoPlugin(path: string, as: 'copy' | 'developer' = 'copy'): Promise<void> {
  looking.abort();
  looking = new AbortController();
  const { signal } = looking;
  beginInstalling(path, as);
  setView({ dialog: 'plugin' });
  try {
    const look = await call('plugins.look', { path }, signal);
    if (!signal.aborted) patchInstalling({ look, state: 'asking' });
  } catch (error) {
    if (!signal.aborted) patchInstalling({ problem: lineOf(error), state: 'asking' });
  }
}

/** What the artist has agreed to by pressing the button. */
export async function installLooked(): Promise<void> {
  const installing = getInstalling();
  if (installing?.state !== 'asking' || installing.look === null) return;
  const { path, as, look } = installing;
  patchInstalling({ state: 'installing', problem: null });
  try {
    await takePlugins(
      as === 'developer'
        ? call('plugins.develop', { path, on: true })
        : call('plugins.install', { path, consent: look.consent }),
    );
  } catch (error) {
    patchInstalling({ problem: lineOf(error), state: 'asking' });
    return;
  }
  endInstalling();
  setView({ dialog: 'plugins' });
  tell(`${look.manifest.name} ${look.manifest.version} is ready`);
}

export function leaveInstalling(): void {
  looking.abort();
  endInstalling();
  setView({ dialog: 'plugins' });
}

function lineOf(error: unknown): string | null {
  return error instanceof Cancelled ? null : sentence(errorLine(error));
}

export async function choosePlugin(): Promise<void> {
  const path = await shell().openPluginDialog();
  if (path) await lookIntoPlugin(path);
}

export async function choosePluginFolder(): Promise<void> {
  const path = await shell().openFolderDialog('Folder of a plugin');
  if (path) await lookIntoPlugin(path);
}

export async function chooseDeveloperFolder(): Promise<void> {
  const path = await shell().openFolderDialog('Folder in which a plugin is being made');
  if (path) await lookIntoPlugin(path, 'developer');
}

/** For all projects that say nothing else; on again forgets why Retake switched it off. */
export async function switchPlugin({ id }: Pick<PluginEntry, 'id'>, on: boolean): Promise<void> {
  await takePlugins(call('plugins.enable', { id, on }));
}

/** For the open project alone; null is as for all. */
export function switchPluginHere({ id, name }: Pick<PluginEntry, 'id' | 'name'>, on: boolean | null): void {
  const what = on === null ? 'Leave to all projects' : on ? 'Switch on' : 'Switch off';
  change({ name: `${what}: ${name}`, edit: (draft) => setPlugin(draft, id, on) });
}

export async function removePlugin({ id, name, path, developer }: PluginEntry): Promise<void> {
  await takePlugins(
    developer ? call('plugins.develop', { path, on: false }) : call('plugins.remove', { id }),
  );
  tell(developer ? `${name} is no longer used from its folder` : `${name} was removed`);
}

/** A plugin that is being made, as its files are now. */
export async function reloadPlugin({ id, name }: Pick<PluginEntry, 'id' | 'name'>): Promise<void> {
  const entry = (await takePlugins(call('plugins.reload', { id }))).find((one) => one.id === id);
  if (entry?.problems.length === 0) tell(`${name} was read again`);
}

export const pluginCommands: readonly Command[] = [
  {
    id: 'view.plugins',
    name: 'Plugins',
    group: 'View',
    keys: [],
    run: () => setView({ dialog: 'plugins' }),
  },
  { id: 'plugins.install', name: 'Install a plugin…', group: 'View', keys: [], run: choosePlugin },
];
