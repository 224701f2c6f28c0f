/** The project that is open: at most one, as the desktop has one window. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { produce } from 'immer';
import { z } from 'zod';
import type { OpenedProject } from '../../../common/contract/projects.ts';
import { AppError } from '../../../common/errors.ts';
import {
  emptyProject,
  type FiledTake,
  type ProjectDocument,
  projectDocument,
} from '../../../common/project/document.ts';
import { mergeTakes } from '../../../common/project/edits-takes.ts';
import { collect } from './collect.ts';
import { createProject, fileTakeIn, openProject, type ProjectFile, type ProjectRef } from './file.ts';
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
    return this.#answer(null);
  }

  /** Opening what is open already is no conflict: a page that was reloaded asks for it. */
  async open(path: string): Promise<OpenedProject> {
    await this.close();
    const { file, document, recovered } = openProject(path);
    this.#current = { file, document };
    for (const take of Object.values(document.takes)) await this.trash.rescue(take.path);
    return this.#answer(recovered);
  }

  /** The project that is open; null where none is. */
  get ref(): ProjectRef | null {
    return this.#current && { id: this.#current.file.id, path: this.#current.file.path };
  }

  /** Files what a render brought in the project that it belongs to, which need not be open. @throws AppError */
  file(project: ProjectRef, take: FiledTake): void {
    if (this.#current?.file.id === project.id) this.#current.file.file(take);
    else fileTakeIn(project, take);
  }

  /** Sets a take's file aside and answers what brings it back. @throws AppError output-unwritable */
  async deleteTake(path: string): Promise<string> {
    const undo = await this.trash.delete(path);
    this.#current?.file.drop(path);
    return undo;
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
      file.inherit(old);
      old.close();
      this.#current = { file, document: named };
    }
    return this.#answer(null);
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

  /** @throws AppError usage where this is not the project that is open */
  known(id: string, doing: string): ProjectRef {
    const { file } = this.#open(doing);
    if (file.id === id) return { id, path: file.path };
    throw new AppError('usage', 'another project has been opened meanwhile', { doing });
  }

  /**
   * The answer with every take that renders have brought. Nothing may wait between this and the answer itself: what is
   * filed afterwards is told to a page that has it.
   */
  merged(answer: OpenedProject): OpenedProject {
    const current = this.#open('opening');
    const brought = current.file.takesBeside(current.document);
    current.document = produce(current.document, (draft) => mergeTakes(draft, brought));
    return { ...answer, document: current.document };
  }

  async #answer(recovered: string | null): Promise<OpenedProject> {
    const { file, document } = this.#open('opening');
    const missing = await missingClips(document, dirname(file.path));
    return this.merged({ path: file.path, id: file.id, document, recovered, missing });
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
