/** What a network takes for the object, as a part of a shot's mask. */
import { refuse } from '../../common/project/edits.ts';
import { shotOf } from '../../common/project/positions.ts';
import { setMasking, takePart } from '../store/masking.ts';
import { getDocument, newId } from '../store/project.ts';
import { changeMask, putPart } from './masked.ts';

/** @param model its folder */
export function addSegmenter(shotId: string, model: string): void {
  const { clips } = getDocument();
  const clip =
    clips[shotOf(getDocument(), shotId)?.clipId ?? ''] ??
    refuse('finding the object', 'its clip is not there');
  const id = newId();
  changeMask(shotId, 'Find the object', (mask) =>
    putPart(mask, { id, mode: 'add', kind: 'segmenter', model }, clip),
  );
  takePart(id);
  setMasking({ overlay: 'mask' });
}
