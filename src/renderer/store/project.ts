/** The open project: its document, its undo history and how much of it is on disk. README.md says how to use it. */
import { create } from 'zustand';
import type { OpenedProject } from '../../common/contract/projects.ts';
import { emptyProject, type FiledTake, type ProjectDocument } from '../../common/project/document.ts';
import { mergeTakes } from '../../common/project/edits-takes.ts';
import * as history from '../../common/project/history.ts';

export type { Change } from '../../common/project/history.ts';

export type Missing = OpenedProject['missing'][number];

export interface Opened {
  readonly path: string;
  readonly id: string;
  readonly recovered: string | null;
  readonly missing: OpenedProject['missing'];
}

interface ProjectState {
  readonly opened: Opened | null;
  readonly history: history.History;
  /** The document as the file has it. */
  readonly saved: ProjectDocument;
  /** The last try to save failed. */
  readonly saveFailed: boolean;
}

const blank = history.startHistory(emptyProject(''));
export const projectStore = create<ProjectState>(() => ({
  opened: null,
  history: blank,
  saved: blank.document,
  saveFailed: false,
}));

export function useDocument<Part>(select: (document: ProjectDocument) => Part): Part {
  return projectStore((state) => select(state.history.document));
}

export function useOpened(): Opened | null {
  return projectStore((state) => state.opened);
}

/** How much of the document is on disk. */
export function useSaveState(): 'saved' | 'saving' | 'failed' {
  return projectStore((state) =>
    state.saved === state.history.document ? 'saved' : state.saveFailed ? 'failed' : 'saving',
  );
}

export function useUndoNames(): { readonly undo: string | null; readonly redo: string | null } {
  const undo = projectStore((state) => history.undoName(state.history));
  const redo = projectStore((state) => history.redoName(state.history));
  return { undo, redo };
}

export function getDocument(): ProjectDocument {
  return projectStore.getState().history.document;
}

export function getOpened(): Opened | null {
  return projectStore.getState().opened;
}

/** Shows a project just read from disk; the past of the earlier one is gone. */
export function showProject(project: OpenedProject): void {
  const started = history.startHistory(project.document);
  const { path, id, recovered, missing } = project;
  met = new Set(Object.keys(project.document.takes));
  projectStore.setState({
    opened: { path, id, recovered, missing },
    history: started,
    saved: started.document,
  });
}

/** The same document now lives elsewhere, under another name (save as): the past stays, later changes too. */
export function moveProject({ path, id, missing, document: { name } }: OpenedProject): void {
  projectStore.setState(({ opened, history: past }) => ({
    opened: opened && { ...opened, path, id, missing },
    history: history.makeBeside(past, 'Save as', (draft) => {
      draft.name = name;
    }),
  }));
}

/** The file, of a clip or of what shots name beside it, is where the document says again. */
export function foundFile(path: string): void {
  projectStore.setState(({ opened }) => ({
    opened: opened && { ...opened, missing: opened.missing.filter((one) => one.path !== path) },
  }));
}

export function markSaved(document: ProjectDocument): void {
  projectStore.setState({ saved: document, saveFailed: false });
}

export function markUnsaved(): void {
  projectStore.setState({ saveFailed: true });
}

function step(next: (now: history.History) => history.History): void {
  projectStore.setState((state) => ({ history: next(state.history) }));
}

/** Makes a named change that can be undone. @throws AppError when the edit refuses; nothing has changed then */
export function change(what: history.Change): void {
  step((now) => history.make(now, what));
}

export function endGesture(): void {
  step(history.endGesture);
}

export function cancelGesture(): void {
  step(history.cancelGesture);
}

/** Records what happened in the world; undo does not take it back. */
export function beside(name: string, edit: history.Edit): void {
  step((now) => history.makeBeside(now, name, edit));
}

/** Takes that this page has seen since the project was opened: one that is missing now was deleted by the artist. */
let met = new Set<string>();

/** Takes in what renders have brought, each once. */
export function takeIn(filed: readonly FiledTake[]): void {
  const fresh = filed.filter(({ id }) => !met.has(id));
  for (const { id } of fresh) met.add(id);
  if (fresh.length > 0) beside('Take', (draft) => mergeTakes(draft, fresh));
}

export function undo(): void {
  step(history.undo);
}

export function redo(): void {
  step(history.redo);
}

export function newId(): string {
  return crypto.randomUUID();
}
