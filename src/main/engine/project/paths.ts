/** Paths inside a project: relative to its folder where they lie below it, so that the folder can be moved as a whole. */
import { isAbsolute, join, relative, sep, win32 } from 'node:path';
import type { FiledTake, ProjectDocument } from '../../../common/project/document.ts';
import { withFiles } from '../../../common/settings/files.ts';

/** Paths as they are written to the file. */
export function storedPaths(document: ProjectDocument, folder: string): ProjectDocument {
  return mapPaths(document, (path) => storedPath(path, folder));
}

/** One of them. */
export function storedPath(path: string, folder: string): string {
  const inside = relative(folder, path);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return path;
  return inside.split(sep).join('/');
}

/** Paths as everybody else sees them: absolute. */
export function absolutePaths(document: ProjectDocument, folder: string): ProjectDocument {
  return mapPaths(document, (path) => absolutePath(path, folder));
}

/** One of them. */
function absolutePath(path: string, folder: string): string {
  return isAbsolute(path) || win32.isAbsolute(path) ? path : join(folder, ...path.split('/'));
}

/** A take as it is written to the file. */
export function storedTake(take: FiledTake, folder: string): FiledTake {
  return mapTake(take, (path) => storedPath(path, folder));
}

/** A take as everybody else sees it. */
export function absoluteTake(take: FiledTake, folder: string): FiledTake {
  return mapTake(take, (path) => absolutePath(path, folder));
}

function mapTake<T extends Pick<FiledTake, 'path' | 'settings'>>(take: T, map: (path: string) => string): T {
  return { ...take, path: map(take.path), settings: withFiles(take.settings, map) };
}

/** A copy of the document with every path of a file or folder replaced. */
export function mapPaths(document: ProjectDocument, map: (path: string) => string): ProjectDocument {
  const each = <T>(items: Record<string, T>, moved: (item: T) => T) =>
    Object.fromEntries(Object.entries(items).map(([id, item]) => [id, moved(item)]));
  return {
    ...document,
    clips: each(document.clips, (clip) => ({ ...clip, path: map(clip.path) })),
    timeline: document.timeline.map((item) =>
      item.kind === 'shot' ? { ...item, settings: withFiles(item.settings, map) } : item,
    ),
    takes: each(document.takes, (take) => mapTake(take, map)),
    bundle: document.bundle === null ? null : map(document.bundle),
    takesFolder: document.takesFolder === null ? null : map(document.takesFolder),
  };
}
