/** Find a clip, or a file that shots name beside it, that is no longer where the project remembers it. */
import { refuse } from '../../common/project/edits.ts';
import { relinkClip, relinkFile } from '../../common/project/edits-settings.ts';
import { filesIn } from '../../common/settings/files.ts';
import { call, shell } from '../engine.ts';
import { tell } from '../store/notices.ts';
import { forgetPreview } from '../store/previews.ts';
import { beside, foundFile, getDocument, type Missing } from '../store/project.ts';

/** Uses a file that is known to be the one. Undo does not lose it again. */
export function takeFound({ clipId, path: before }: Missing, path: string): void {
  if (clipId === null) beside('Find file', (draft) => relinkFile(draft, before, path));
  else beside('Find clip', (draft) => relinkClip(draft, clipId, path));
  forgetPreview(before);
  forgetPreview(path);
  foundFile(before);
}

/** Looks where the project says, on a server that this machine has not asked before. */
export async function reachMissing(missing: Missing): Promise<void> {
  const { path } = missing;
  const { found } = await call('project.reach', { path });
  if (!found) refuse('finding the clip', `there is no ${path}`, 'Look in a folder instead.');
  takeFound(missing, path);
}

/** Asks for a folder and looks for the file below it by its content. */
export async function findMissing(missing: Missing): Promise<void> {
  const doing = 'finding the clip';
  const { path, clipId } = missing;
  const { clips, timeline } = getDocument();
  const named = timeline.flatMap((item) => (item.kind === 'shot' ? filesIn(item.settings) : []));
  const { fingerprint } = (clipId === null ? named.find((one) => one.path === path) : clips[clipId]) ?? {};
  const name = nameOf(missing);
  if (!fingerprint) return refuse(doing, `nothing tells ${name} from others`, 'Choose it again in its shot.');
  const folder = await shell().openFolderDialog(`Folder in which ${name} lies`);
  if (!folder) return;
  const found = await call('project.relink', { clip: { path, fingerprint }, folder });
  if (!found.path) return refuse(doing, `${name} is not in ${folder} or below`, 'Choose another folder.');
  takeFound(missing, found.path);
  tell(`Found ${name}`);
}

export function nameOf({ clipId, path }: Missing): string {
  return getDocument().clips[clipId ?? '']?.name ?? path.replace(/^.*[\\/]/, '');
}
