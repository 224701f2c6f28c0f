/**
 * A document with its past: named changes kept as patches. A gesture (a drag, typing in one field) is one entry: each of
 * its changes starts over from where the gesture began and so states the whole movement.
 */
import { applyPatches, enablePatches, type Patch, produce, produceWithPatches } from 'immer';
import { assert } from '../errors.ts';
import type { ProjectDocument, Shot, TimelineItem } from './document.ts';
import { faultsOf } from './invariants.ts';

enablePatches();

export type Edit = (draft: ProjectDocument) => void;

export interface Change {
  /** What undo offers: "Split", "Trim Shot 3". */
  readonly name: string;
  readonly edit: Edit;
  /** Changes that follow each other with the same gesture are one entry. */
  readonly gesture?: string;
}

interface Entry {
  readonly name: string;
  readonly forward: readonly Patch[];
  readonly backward: readonly Patch[];
}

export interface History {
  readonly document: ProjectDocument;
  /** Oldest first; the last is undone next. */
  readonly done: readonly Entry[];
  /** The last is redone next. */
  readonly undone: readonly Entry[];
  /** The gesture that the last entry belongs to, still open, and the document before it. */
  readonly open: { readonly gesture: string; readonly base: ProjectDocument } | null;
}

const LIMIT = 1000;

export function startHistory(document: ProjectDocument): History {
  return { document: produce(document, () => {}), done: [], undone: [], open: null };
}

/** Makes a change and files it for undo. A change that changes nothing leaves no entry. @throws what the edit throws */
export function make(before: History, change: Change): History {
  const goesOn = change.gesture !== undefined && before.open?.gesture === change.gesture;
  const history = goesOn ? before : endGesture(before);
  const base = history.open?.base ?? history.document;
  const earlier = goesOn ? history.done.slice(0, -1) : history.done;
  const [document, forward, backward] = produceWithPatches(base, (draft) => change.edit(draft));
  checkSound(document, change.name);
  // A gesture keeps its entry even at its starting point, for the next change of it replaces the entry.
  if (forward.length === 0 && change.gesture === undefined) return history;
  return {
    document,
    done: [...earlier, { name: change.name, forward, backward }].slice(-LIMIT),
    undone: [],
    open: change.gesture === undefined ? null : { gesture: change.gesture, base },
  };
}

/** Ends a gesture; one that came back to its start leaves no entry. */
export function endGesture(history: History): History {
  if (!history.open) return history;
  const idle = history.done.at(-1)?.forward.length === 0;
  return { ...history, done: idle ? history.done.slice(0, -1) : history.done, open: null };
}

/** Takes a gesture back as if it had not begun (Escape during a drag). */
export function cancelGesture(history: History): History {
  if (!history.open) return history;
  return { ...history, document: history.open.base, done: history.done.slice(0, -1), open: null };
}

/**
 * Changes the document beside undo: what happened in the world, as a finished take or a moved file. The edit may run
 * twice, so it draws no ids of its own.
 */
export function makeBeside(history: History, name: string, edit: Edit): History {
  const run = (document: ProjectDocument) => produce(document, (draft) => edit(draft));
  const document = run(history.document);
  checkSound(document, name);
  return {
    ...history,
    document,
    open: history.open && { gesture: history.open.gesture, base: run(history.open.base) },
  };
}

export function undo(history: History): History {
  const closed = endGesture(history);
  const entry = closed.done.at(-1);
  if (!entry) return closed;
  return {
    document: settled(applyPatches(closed.document, [...entry.backward])),
    done: closed.done.slice(0, -1),
    undone: [...closed.undone, entry],
    open: null,
  };
}

export function redo(history: History): History {
  const closed = endGesture(history);
  const entry = closed.undone.at(-1);
  if (!entry) return closed;
  return {
    document: settled(applyPatches(closed.document, [...entry.forward])),
    done: [...closed.done, entry],
    undone: closed.undone.slice(0, -1),
    open: null,
  };
}

/** A take that the world gave or took since may have been the one to show: such a shot shows its clip. */
function settled(document: ProjectDocument): ProjectDocument {
  const astray = ({ takes }: ProjectDocument, item: TimelineItem): item is Shot =>
    item.kind === 'shot' && item.takeId !== null && takes[item.takeId]?.shotId !== item.id;
  if (!document.timeline.some((item) => astray(document, item))) return document;
  return produce(document, (draft) => {
    for (const item of draft.timeline) if (astray(draft, item)) item.takeId = null;
  });
}

/** Name of what undo or redo would do; null when there is nothing. */
export function undoName(history: History): string | null {
  return history.done.at(-1)?.name ?? null;
}

export function redoName(history: History): string | null {
  return history.undone.at(-1)?.name ?? null;
}

/** An unsound document is a bug of an edit: refused whole, so that it never reaches the file. */
function checkSound(document: ProjectDocument, name: string): void {
  const [fault] = faultsOf(document);
  assert(fault === undefined, `after "${name}": ${fault}`);
}
