/** A file beside the clip: a matte, a picture that stands for a frame. */
import type { Fingerprint } from '../../common/fingerprint.ts';
import { refuse } from '../../common/project/edits.ts';
import { gatherRuns } from '../../common/sequence.ts';
import { call, shell } from '../engine.ts';

export interface Chosen {
  readonly path: string;
  /** By which it is found again, and goes along when the project is collected. */
  readonly fingerprint: Fingerprint;
}

/** Asks for a movie, a picture, or a run of them; null where none was chosen. */
export async function chooseFootage(doing: string): Promise<Chosen | null> {
  const [path, ...others] = gatherRuns((await shell().openClipDialog()) ?? []);
  if (others.length > 0) refuse(doing, 'it is one file, or the pictures of one run');
  if (path === undefined) return null;
  const { ref } = await call('clip.import', { path });
  return { path: ref.path, fingerprint: ref.fingerprint };
}
