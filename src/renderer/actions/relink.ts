/** Find a clip that is no longer where the project remembers it. */
import { refuse } from '../../common/project/edits.ts';
import { relinkClip } from '../../common/project/edits-settings.ts';
import { call, shell } from '../engine.ts';
import { tell } from '../store/notices.ts';
import { forgetPreview } from '../store/previews.ts';
import { beside, foundClip, getDocument } from '../store/project.ts';

/** Uses a file that is known to be the clip. Undo does not lose it again. */
export function takeFoundClip(clipId: string, path: string): void {
  const before = getDocument().clips[clipId]?.path;
  beside('Find clip', (draft) => relinkClip(draft, clipId, path));
  if (before) forgetPreview(before);
  forgetPreview(path);
  foundClip(clipId);
}

/** Looks where the project says, on a server that this machine has not asked before. */
export async function reachClip(clipId: string, path: string): Promise<void> {
  const { found } = await call('project.reach', { path });
  if (!found) refuse('finding the clip', `there is no ${path}`, 'Look in a folder instead.');
  takeFoundClip(clipId, path);
}

/** Asks for a folder and looks for the clip below it by its content. */
export async function findClip(clipId: string): Promise<void> {
  const doing = 'finding the clip';
  const clip = getDocument().clips[clipId] ?? refuse(doing, 'it is not in the project');
  const folder = await shell().openFolderDialog(`Folder in which ${clip.name} lies`);
  if (!folder) return;
  const { path } = await call('project.relink', { clip, folder });
  if (!path) refuse(doing, `${clip.name} is not in ${folder} or below`, 'Choose another folder.');
  takeFoundClip(clipId, path);
  tell(`Found ${clip.name}`);
}
