/** Parts of a path of any system, for reading. Pure. */

export function nameOfProject(path: string): string {
  return path.replace(/^.*[\\/]/, '').replace(/\.retake$/i, '');
}

export function folderOf(path: string): string {
  return path.replace(/[\\/][^\\/]*$/, '') || path.slice(0, 1);
}
