/** A file of pictures, drawn in another program, as a part of a shot's mask. */
import { refuse } from '../../common/project/edits.ts';
import { shotOf } from '../../common/project/positions.ts';
import { gatherRuns } from '../../common/sequence.ts';
import { shell } from '../engine.ts';
import { setMasking, takePart } from '../store/masking.ts';
import { getDocument, newId } from '../store/project.ts';
import { changeMask, putPart } from './masked.ts';

/** Asks for a file: a movie, or a run of pictures. */
export async function addMatte(shotId: string): Promise<void> {
  const [path, ...others] = gatherRuns((await shell().openClipDialog()) ?? []);
  if (others.length > 0) refuse('using a matte', 'it is one file, or the pictures of one run');
  const clip = getDocument().clips[shotOf(getDocument(), shotId)?.clipId ?? ''];
  if (path === undefined || !clip) return;
  const id = newId();
  changeMask(shotId, 'Use a matte', (mask) =>
    putPart(mask, { id, mode: 'add', kind: 'matte', path, channel: 'luma', offset: 0 }, clip),
  );
  takePart(id);
  setMasking({ overlay: 'mask' });
}
