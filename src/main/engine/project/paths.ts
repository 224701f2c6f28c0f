/** Paths inside a project: relative to its folder where they lie below it, so that the folder can be moved as a whole. */
import { isAbsolute, join, relative, sep, win32 } from 'node:path';
import type { ProjectDocument } from '../../../common/project/document.ts';

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
export function absolutePath(path: string, folder: string): string {
  return isAbsolute(path) || win32.isAbsolute(path) ? path : join(folder, ...path.split('/'));
}

/** A copy of the document with every path of a file or folder replaced. */
function mapPaths(document: ProjectDocument, map: (path: string) => string): ProjectDocument {
  const moved = <T extends { path: string }>(items: Record<string, T>) =>
    Object.fromEntries(Object.entries(items).map(([id, item]) => [id, { ...item, path: map(item.path) }]));
  return {
    ...document,
    clips: moved(document.clips),
    takes: moved(document.takes),
    bundle: document.bundle === null ? null : map(document.bundle),
    takesFolder: document.takesFolder === null ? null : map(document.takesFolder),
  };
}
