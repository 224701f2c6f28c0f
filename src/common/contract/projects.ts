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
  /** Clips whose file is not where the project remembers it, with where it was found instead, if anywhere. */
  readonly missing: readonly {
    readonly clipId: string;
    readonly path: string;
    readonly foundAt: string | null;
  }[];
}

const path = z.strictObject({ path: absolutePath });

export const projectCalls = {
  'project.create': call(path.extend({ name }), 'making a project').answers<OpenedProject>(),
  'project.open': call(path, 'opening a project').answers<OpenedProject>(),
  /** Autosave: the whole document in one transaction. `project` is the id of the one that it belongs to. */
  'project.save': call(
    z.strictObject({ project: projectId, document: projectDocument }),
    'saving',
  ).answers<null>(),
  'project.saveAs': call(path, 'saving').answers<OpenedProject>(),
  /** Copies project, clips and takes into a folder that can be moved as a whole. */
  'project.collect': call(z.strictObject({ folder: absolutePath }), 'collecting the project').answers<{
    path: string;
    bytes: number;
  }>(),
  /** The window closes: what renders is stopped without a loss, and goes on when the queue is next asked for. */
  'project.close': call(nothing, 'closing the project').answers<null>(),
  /** Looks for a moved clip below a folder by fingerprint. */
  'project.relink': call(
    z.strictObject({ clip: clipRef, folder: absolutePath }),
    'finding the clip',
  ).answers<{ path: string | null }>(),

  'take.delete': call(path, 'deleting a take').answers<{ undo: string }>(),
  'take.restore': call(z.strictObject({ undo: jobId }), 'restoring a take').answers<{
    path: string;
  }>(),
};
