/** The project that is open: at most one, as the desktop has one window. */

import { realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { produce } from 'immer';
import pLimit from 'p-limit';
import type { OpenedProject } from '../../../common/contract/projects.ts';
import { AppError } from '../../../common/errors.ts';
import { emptyProject, type FiledTake, type ProjectDocument } from '../../../common/project/document.ts';
import { mergeTakes } from '../../../common/project/edits-takes.ts';
import { filesIn, type NamedFile } from '../../../common/settings/files.ts';
import { isClipThere } from '../media/sequence.ts';
import { collect } from './collect.ts';
import {
  createProject,
  fileTakeIn,
  openProject,
  type ProjectFile,
  type ProjectRef,
  projectPath,
  readProject,
} from './file.ts';
import { networkPlace } from './places.ts';
import { findClip } from './relink.ts';
import { isOwnTake } from './take-proof.ts';
import { TakeTrash } from './trash.ts';

interface Current {
  readonly file: ProjectFile;
  readonly trash: TakeTrash;
  document: ProjectDocument;
  /** Files of the takes that it has shown since it was opened. */
  readonly shown: Set<string>;
}

export interface SessionParts {
  /** Whether a path may be looked at without being asked to; see NetworkPlaces. By default those of this machine. */
  readonly allows?: (path: string) => Promise<boolean>;
  /** Where a network of a plugin lies on this machine, if it does; the path may be another's. */
  readonly pluginFile?: (path: string) => Promise<string | null>;
  /** Hears of every state that has been saved. */
  readonly onSaved?: (project: ProjectRef, document: ProjectDocument) => void;
}

/** Moved media is looked for near the project only; further away the artist points the way. */
const NEAR = { mostEntries: 5000, mostDepth: 3 };

export class ProjectSession {
  readonly #allows: (path: string) => Promise<boolean>;
  readonly #pluginFile: (path: string) => Promise<string | null>;
  readonly #onSaved: (project: ProjectRef, document: ProjectDocument) => void;
  #current: Current | null = null;
  /** Projects are changed one after the other. */
  readonly #inTurn = pLimit(1);

  constructor(parts: SessionParts = {}) {
    this.#allows = parts.allows ?? (async (path) => networkPlace(path) === null);
    this.#pluginFile = parts.pluginFile ?? (async () => null);
    this.#onSaved = parts.onSaved ?? (() => {});
  }

  create(path: string, name: string): Promise<OpenedProject> {
    return this.createWith(path, emptyProject(name));
  }

  /** A new project that begins with a document. The one that was open stays so where that fails. */
  createWith(path: string, document: ProjectDocument): Promise<OpenedProject> {
    return this.#inTurn(async () => {
      if (this.#isOpen(projectPath(path))) throw isOpenHere(path);
      const file = createProject(path, document);
      return this.#goOnWith({ file, document, trash: new TakeTrash(), shown: new Set() });
    });
  }

  /**
   * Opens a project whole before the one that was open is closed: where it cannot be opened, that one stays as it is.
   * Opening what is open already is no conflict: a page that was reloaded asks for it.
   */
  open(path: string): Promise<OpenedProject> {
    return this.#inTurn(async () => {
      if (this.#current && this.#isOpen(path)) return this.#answer(this.#current, null);
      const { file, document, recovered } = openProject(path);
      return this.#goOnWith({ file, document, trash: new TakeTrash(), shown: new Set() }, recovered);
    });
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

  /** What a project, which need not be open, has on or off for itself. @throws AppError project-unreadable */
  switchesOf({ id, path }: ProjectRef): ProjectDocument['plugins'] {
    const current = this.#current;
    return (current?.file.id === id ? current.document : readProject(path)).plugins;
  }

  /** Sets a take's file aside and answers what brings it back. @throws AppError output-unwritable, usage */
  async deleteTake(path: string): Promise<string> {
    const doing = `deleting ${basename(path)}`;
    const { file, trash, shown } = this.#open(doing);
    if (!shown.has(path) && !file.hasTake(path)) {
      throw new AppError('usage', 'it is no take of this project', { doing });
    }
    const undo = await trash.delete(path);
    file.drop(path);
    return undo;
  }

  /** @throws AppError output-unwritable */
  async restoreTake(undo: string): Promise<string> {
    const { file, trash, shown, document } = this.#open('restoring a take');
    const folders = new Set([...shown].map((path) => dirname(path)));
    folders.add(document.takesFolder ?? `${file.path.replace(/\.retake$/i, '')} takes`);
    return trash.restore(undo, [...folders]);
  }

  /** Takes that a project names but that are neither with it nor written by Retake are not looked at. */
  async mayShow(path: string): Promise<boolean> {
    if (!this.#current?.shown.has(path)) return true;
    const { file, document } = this.#current;
    const folders = [dirname(file.path), ...(document.takesFolder ? [document.takesFolder] : [])];
    return isOwnTake(path, folders);
  }

  async save(document: ProjectDocument): Promise<void> {
    const current = this.#open('saving');
    current.file.save(document);
    this.#holds(current, document);
    this.#onSaved({ id: current.file.id, path: current.file.path }, document);
  }

  /**
   * Goes on in a new file; the old one keeps its last state. `document` is what the page shows, for the old file may be
   * one that can no longer be written, or none may be open.
   */
  saveAs(path: string, document: ProjectDocument): Promise<OpenedProject> {
    return this.#inTurn(async () => {
      const old = this.#current;
      if (old && this.#isOpen(projectPath(path))) {
        old.file.save(document);
        this.#holds(old, document);
        return this.#answer(old, null);
      }
      const named = { ...document, name: basename(projectPath(path), '.retake') };
      const file = createProject(path, named);
      if (old) file.inherit(old.file);
      const shown = new Set(old?.shown);
      return this.#goOnWith({ file, document: named, trash: old?.trash ?? new TakeTrash(), shown });
    });
  }

  async collect(
    folder: string,
    options: { signal?: AbortSignal; onProgress?: (fraction: number) => void } = {},
  ): Promise<{ path: string; bytes: number }> {
    const { document, file } = this.#open('collecting the project');
    return collect({ document, path: file.path, folder, ...options });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#letGo(null));
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
    return { ...answer, document: this.#merge(this.#open('opening')) };
  }

  #merge(current: Current): ProjectDocument {
    const brought = current.file.takesBeside(current.document);
    this.#holds(
      current,
      produce(current.document, (draft) => mergeTakes(draft, brought)),
    );
    return current.document;
  }

  /** Everything that can fail with the next project has been done before the one that was open is let go of. */
  async #goOnWith(next: Current, recovered: string | null = null): Promise<OpenedProject> {
    try {
      const answer = await this.#answer(next, recovered);
      await this.#letGo(next);
      return answer;
    } catch (error) {
      if (this.#current !== next) next.file.close();
      throw error;
    }
  }

  async #letGo(next: Current | null): Promise<void> {
    const old = this.#current;
    this.#current = next;
    old?.file.close();
    if (old && old.trash !== next?.trash) await old.trash.empty();
  }

  #holds(current: Current, document: ProjectDocument): void {
    current.document = document;
    for (const { path } of Object.values(document.takes)) current.shown.add(path);
  }

  #isOpen(path: string): boolean {
    return this.#current !== null && whereIs(this.#current.file.path) === whereIs(path);
  }

  async #rescue({ document, trash }: Current): Promise<void> {
    for (const { path } of Object.values(document.takes)) {
      if (await this.#allows(path)) await trash.rescue(path);
    }
  }

  async #answer(current: Current, recovered: string | null): Promise<OpenedProject> {
    const { file, document } = current;
    this.#holds(current, document);
    await this.#rescue(current);
    const missing = await this.#missing(document, dirname(file.path));
    const merged = this.#merge(current);
    return { path: file.path, id: file.id, document: merged, recovered, missing };
  }

  async #missing(document: ProjectDocument, folder: string): Promise<OpenedProject['missing']> {
    const missing: OpenedProject['missing'][number][] = [];
    const clips = Object.values(document.clips).map(({ id: clipId, ...file }) => ({ clipId, ...file }));
    const named = filesOfShots(document).map((file) => ({ clipId: null, ...file }));
    for (const { clipId, path, fingerprint } of [...clips, ...named]) {
      const unasked = await this.#allows(path);
      if (unasked && isClipThere(path)) continue;
      const network = unasked ? null : networkPlace(path);
      const near = fingerprint && (await findClip({ path, fingerprint }, folder, NEAR));
      const foundAt = near ?? (clipId === null ? await this.#pluginFile(path) : null);
      missing.push({ clipId, path, network, foundAt });
    }
    return missing;
  }

  #open(doing: string): Current {
    if (this.#current) return this.#current;
    throw new AppError('usage', 'no project is open', { doing });
  }
}

/** What shots name beside their clips, each once. */
function filesOfShots({ timeline }: ProjectDocument): NamedFile[] {
  const named = timeline.flatMap((item) => (item.kind === 'shot' ? filesIn(item.settings) : []));
  return [...new Map(named.map((file) => [file.path, file])).values()];
}

function isOpenHere(path: string): AppError {
  return new AppError('usage', 'this is the project that is open', {
    doing: `writing ${basename(path)}`,
    hint: 'Choose another name.',
  });
}

function whereIs(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
