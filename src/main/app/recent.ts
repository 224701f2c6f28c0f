/** Projects opened lately, newest first, kept over restarts. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { writeWholeSync } from '../atomic-files.ts';

const LIMIT = 12;
const MOST_BYTES = 1 << 20;
const content = z.object({ projects: z.array(z.string()) });

export interface Recent {
  /** Without those whose file is gone. */
  list(): string[];
  add(path: string): void;
}

export function openRecent(file: string, onAdd: (path: string) => void): Recent {
  let projects = read(file);
  return {
    list: () => projects.filter((path) => existsSync(path)),
    add(path) {
      if (projects[0] === path) return;
      projects = [path, ...projects.filter((one) => one !== path)].slice(0, LIMIT);
      try {
        writeWholeSync(file, JSON.stringify({ projects }));
      } catch {
        // A list that cannot be kept is no reason to disturb the artist.
      }
      onAdd(path);
    },
  };
}

function read(file: string): string[] {
  try {
    // What stands there may be a pipe, which never ends.
    const about = statSync(file);
    if (!about.isFile() || about.size > MOST_BYTES) return [];
    return content.parse(JSON.parse(readFileSync(file, 'utf8'))).projects;
  } catch {
    return [];
  }
}
