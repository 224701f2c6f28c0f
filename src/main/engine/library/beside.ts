/** Files that lie beside a model under its name, as A1111 and ComfyUI users have them. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const PICTURES = [
  '.preview.png',
  '.preview.jpg',
  '.preview.jpeg',
  '.preview.webp',
  '.png',
  '.jpg',
  '.jpeg',
  '.webp',
];

export interface Picture {
  readonly path: string;
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** Without the ending of weights. */
export function stemOf(path: string): string {
  return basename(path).replace(/\.safetensors$/i, '');
}

/** @param names of what lies in the folder of `path`, asked for where they are not at hand */
export async function pictureBeside(path: string, names?: ReadonlySet<string>): Promise<Picture | null> {
  const folder = dirname(path);
  const there = names ?? new Set(await readdir(folder).catch(() => []));
  for (const ending of PICTURES) {
    const name = stemOf(path) + ending;
    if (!there.has(name)) continue;
    const picture = join(folder, name);
    const about = await stat(picture).catch(() => null);
    if (about?.isFile()) return { path: picture, bytes: about.size, mtimeMs: about.mtimeMs };
  }
  return null;
}
