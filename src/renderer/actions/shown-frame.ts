/** Which frame of which file is seen of a shot. */
import type { ProjectDocument, Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';

export interface FrameOfFile {
  readonly path: string;
  /** 0-based in that file. */
  readonly at: number;
}

/** The shown take's, where it has that frame; null else. @param frame of the clip */
export function takeFrame(
  { takes }: Pick<ProjectDocument, 'takes'>,
  { takeId }: Pick<Shot, 'takeId'>,
  frame: number,
): FrameOfFile | null {
  const take = takeId === null ? undefined : takes[takeId];
  if (!take || frame < take.start || frame >= take.end) return null;
  return { path: take.path, at: frame - take.start };
}

/** The shown take's, else the clip's. */
export function shownFrame(document: ProjectDocument, shot: Shot, frame: number): FrameOfFile {
  const clip = document.clips[shot.clipId] ?? refuse(shot.name, 'its clip is not there');
  return takeFrame(document, shot, frame) ?? { path: clip.path, at: frame };
}
