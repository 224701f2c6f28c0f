/** The open project: its file, its clips found again, its takes deleted and brought back. */
import { z } from 'zod';
import { clipRef, name, type ProjectDocument, projectDocument } from '../project/document.ts';
import { call } from './call.ts';
import { absolutePath, jobId, nothing, projectId } from './values.ts';

export interface OpenedProject {
  readonly path: string;
  /** Stays with the file wherever it is moved. */
  readonly id: string;
  readonly document: ProjectDocument;
  /** Why the newest state could not be read and an older one was taken; null for a clean open. */
  readonly recovered: string | null;
  /** Files that are not where the project remembers them, with where each was found instead, if anywhere. */
  readonly missing: readonly {
    /** Null for what shots name beside their clips: a matte, a picture for a frame, a network. */
    readonly clipId: string | null;
    readonly path: string;
    readonly foundAt: string | null;
    /** The server and share where it lies, which were not asked: the artist has not used them yet. Else null. */
    readonly network: string | null;
  }[];
}

/** A copy that was made by the clock. */
export interface Backup {
  readonly id: string;
  readonly name: string;
  /** Where the project was. */
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly saved: number;
}

const path = z.strictObject({ path: absolutePath });

export const projectCalls = {
  'project.create': call(path.extend({ name }), 'making a project').answers<OpenedProject>(),
  'project.open': call(path, 'opening a project').answers<OpenedProject>(),
  /** What a project holds, without opening it: another window may have it open. */
  'project.read': call(path, 'reading a project').answers<Pick<OpenedProject, 'path' | 'id' | 'document'>>(),
  /** Autosave: the whole document in one transaction. `project` is the id of the one that it belongs to. */
  'project.save': call(
    z.strictObject({ project: projectId, document: projectDocument }),
    'saving',
  ).answers<null>(),
  /** Goes on in a new file. The page sends what it shows: the old file may be beyond writing. */
  'project.saveAs': call(path.extend({ document: projectDocument }), 'saving').answers<OpenedProject>(),
  /** Copies project, clips and takes into a folder that can be moved as a whole. */
  'project.collect': call(z.strictObject({ folder: absolutePath }), 'collecting the project').answers<{
    path: string;
    bytes: number;
  }>(),
  /** The window closes: what renders is stopped without a loss, and goes on when the queue is next asked for. */
  'project.close': call(nothing, 'closing the project').answers<null>(),
  /** Looks for a moved clip, or a file that a shot names, below a folder by fingerprint. */
  'project.relink': call(
    z.strictObject({ clip: clipRef.pick({ path: true, fingerprint: true }), folder: absolutePath }),
    'finding the clip',
  ).answers<{ path: string | null }>(),

  /** Of all projects, the newest first. */
  'backups.list': call(nothing, 'listing the backups').answers<readonly Backup[]>(),
  /** Goes on with what a backup holds, as a new project; nothing that is there is changed. */
  'backups.open': call(path.extend({ backup: jobId }), 'opening a backup').answers<OpenedProject>(),
  /** The artist wants a network place looked at that a project names. */
  'project.reach': call(path, 'looking for the clip').answers<{ found: boolean }>(),

  'take.delete': call(path, 'deleting a take').answers<{ undo: string }>(),
  'take.restore': call(z.strictObject({ undo: jobId }), 'restoring a take').answers<{
    path: string;
  }>(),
};
