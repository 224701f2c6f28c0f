/** Models: add, remove, choose, download. */
import { call, shell } from '../engine.ts';
import { takeBundles } from '../store/bundles.ts';
import { tell } from '../store/notices.ts';

export async function addBundle(): Promise<void> {
  const dir = await shell().openFolderDialog('Folder of an exported model');
  if (!dir) return;
  const list = await takeBundles(call('bundles.add', { dir }));
  const added = list.find((one) => one.dir === dir);
  if (added && added.problems.length === 0) tell(`Added ${added.name}`);
}

/** Takes it off the list; its files stay. */
export async function removeBundle(dir: string): Promise<void> {
  await takeBundles(call('bundles.remove', { dir }));
}

export async function makeDefault(dir: string): Promise<void> {
  await takeBundles(call('bundles.setDefault', { dir }));
}

export interface Download {
  readonly endpoint: string;
  readonly repository: string;
  readonly revision: string;
  readonly folder: string;
}

/** Waits for the download; one that was stopped goes on where it was when it is started again. */
export async function downloadBundle(what: Download): Promise<void> {
  await takeBundles(call('bundles.download', what));
  tell(`Downloaded ${what.repository}`);
}

export async function cancelDownload(): Promise<void> {
  await call('bundles.cancelDownload', null);
}
