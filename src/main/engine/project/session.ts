/** The project that is open: at most one, as the desktop has one window. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { OpenedProject } from '../../../common/contract/projects.ts';
import { AppError } from '../../../common/errors.ts';
import { emptyProject, type ProjectDocument, projectDocument } from '../../../common/project/document.ts';
import { collect } from './collect.ts';
import { createProject, openProject, type ProjectFile } from './file.ts';
import { findClip } from './relink.ts';
import { TakeTrash } from './trash.ts';

interface Current {
  file: ProjectFile;
  document: ProjectDocument;
}

/** Moved media is looked for near the project only; further away the artist points the way. */
const NEAR = { mostEntries: 5000, mostDepth: 3 };

export class ProjectSession {
  readonly trash = new TakeTrash();
  #current: Current | null = null;

  async create(path: string, name: string): Promise<OpenedProject> {
    await this.close();
    const document = emptyProject(name);
    this.#current = { file: createProject(path, document), document };
    return { path: this.#current.file.path, document, recovered: null, missing: [] };
  }

  /** Opening what is open already is no conflict: a page that was reloaded asks for it. */
  async open(path: string): Promise<OpenedProject> {
    await this.close();
    const { file, document, recovered } = openProject(path);
    this.#current = { file, document };
    for (const take of Object.values(document.takes)) await this.trash.rescue(take.path);
    return {
      path: file.path,
      document,
      recovered,
      missing: await missingClips(document, dirname(file.path)),
    };
  }

  async save(document: ProjectDocument): Promise<void> {
    const current = this.#open('saving');
    const checked = check(document);
    current.file.save(checked);
    current.document = checked;
  }

  /** Goes on in the new file; the old one keeps its last state. */
  async saveAs(path: string): Promise<OpenedProject> {
    const { document, file: old } = this.#open('saving');
    if (join(path) === old.path) {
      old.save(document);
    } else {
      const named = { ...document, name: basename(path, '.retake') };
      const file = createProject(path, named);
      old.close();
      this.#current = { file, document: named };
    }
    const { file, document: now } = this.#open('saving');
    return {
      path: file.path,
      document: now,
      recovered: null,
      missing: await missingClips(now, dirname(file.path)),
    };
  }

  async collect(
    folder: string,
    options: { signal?: AbortSignal; onProgress?: (fraction: number) => void } = {},
  ): Promise<{ path: string; bytes: number }> {
    const { document, file } = this.#open('collecting the project');
    return collect({ document, path: file.path, folder, ...options });
  }

  async close(): Promise<void> {
    this.#current?.file.close();
    this.#current = null;
    await this.trash.empty();
  }

  #open(doing: string): Current {
    if (this.#current) return this.#current;
    throw new AppError('usage', 'no project is open', { doing });
  }
}

function check(document: unknown): ProjectDocument {
  const result = projectDocument.safeParse(document);
  if (result.success) return result.data;
  // The page builds documents by checked edits, so this is a bug; the file keeps its last good state.
  throw new Error(`the document is not valid: ${z.prettifyError(result.error)}`);
}

async function missingClips(
  document: ProjectDocument,
  folder: string,
): Promise<{ clipId: string; path: string; foundAt: string | null }[]> {
  const missing = Object.values(document.clips).filter(({ path }) => !existsSync(path));
  const found: { clipId: string; path: string; foundAt: string | null }[] = [];
  for (const clip of missing) {
    found.push({ clipId: clip.id, path: clip.path, foundAt: await findClip(clip, folder, NEAR) });
  }
  return found;
}
