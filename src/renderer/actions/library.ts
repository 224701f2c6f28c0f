/** The library: add, remove, choose, download. */
import type { LibraryEntry } from '../../common/contract/library.ts';
import { call, shell } from '../engine.ts';
import { takeLibrary } from '../store/library.ts';
import { tell } from '../store/notices.ts';
import { nameOfFile } from '../words.ts';

/** A file, a model's folder, or a folder with models in it, which is watched. @throws AppError saying what it is instead */
export async function addToLibrary(path: string): Promise<void> {
  const list = await takeLibrary(call('library.add', { path }));
  const added = list.find((one) => one.path === path);
  if (!added) tell(`${nameOfFile(path)} is watched: what lies in it is in the library`);
  else if (added.problems.length === 0) tell(`Added ${added.name}, ${KIND_WORDS[added.kind]}`);
}

export async function addFile(): Promise<void> {
  const paths = await shell().openModelDialog();
  for (const path of paths ?? []) await addToLibrary(path);
}

export async function addFolder(): Promise<void> {
  const path = await shell().openFolderDialog('Folder of a model, or of many (ComfyUI, A1111)');
  if (path) await addToLibrary(path);
}

/** In a sentence after a name. */
const KIND_WORDS: Readonly<Record<LibraryEntry['kind'], string>> = {
  model: 'a model',
  lora: 'a LoRA',
  controlnet: 'a ControlNet',
  embedding: 'an embedding',
  vae: 'a VAE',
  estimator: 'an estimator',
  other: 'something else',
};

/** Takes it off the list; its files stay. */
export async function removeFromLibrary(path: string): Promise<void> {
  await takeLibrary(call('library.remove', { path }));
}

export async function makeDefault(path: string): Promise<void> {
  await takeLibrary(call('library.setDefault', { path }));
}

export interface Download {
  readonly endpoint: string;
  readonly repository: string;
  readonly revision: string;
  readonly file: string | null;
  readonly folder: string;
}

/** Waits for the download; one that was stopped goes on where it was when it is started again. */
export async function download(what: Download): Promise<void> {
  await takeLibrary(call('library.download', what));
  tell(`Downloaded ${what.repository}`);
}

export async function cancelDownload(): Promise<void> {
  await call('library.cancelDownload', null);
}
