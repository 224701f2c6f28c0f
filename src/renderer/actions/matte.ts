/** A file of pictures, drawn in another program, as a part of a shot's mask. */
import { shotOf } from '../../common/project/positions.ts';
import { setMasking, takePart } from '../store/masking.ts';
import { getDocument, newId } from '../store/project.ts';
import { chooseFootage } from './choose-footage.ts';
import { changeMask, putPart } from './masked.ts';

/** Asks for a file: a movie, or a run of pictures. */
export async function addMatte(shotId: string): Promise<void> {
  const chosen = await chooseFootage('using a matte');
  const clip = getDocument().clips[shotOf(getDocument(), shotId)?.clipId ?? ''];
  if (!chosen || !clip) return;
  const id = newId();
  changeMask(shotId, 'Use a matte', (mask) =>
    putPart(mask, { id, mode: 'add', kind: 'matte', ...chosen, channel: 'luma', offset: 0 }, clip),
  );
  takePart(id);
  setMasking({ overlay: 'mask' });
}
