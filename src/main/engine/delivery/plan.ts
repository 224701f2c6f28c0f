/** Which files a delivery will write, by how its media go out. Nothing is written here. */
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import { checkPattern } from '../../../common/delivery/name-words.ts';
import { AppError } from '../../../common/errors.ts';
import { DOING, requireOn } from './chosen.ts';
import { copiesOf } from './copies.ts';
import { moviesOf } from './movies.ts';
import type { Plan, Planning } from './planned.ts';
import type { Sources } from './sources.ts';
import { checkTimelines } from './timelines.ts';

/** @throws AppError usage for what is not there or makes no sense; encoder-missing; Cancelled */
export async function planDelivery(
  request: DeliveryRequest,
  sources: Sources,
  planning: Planning,
): Promise<Plan> {
  const { media, timelines, names } = request;
  if (names !== null)
    for (const word of checkPattern(names)) requireOn(word, request.document, 'naming the files');
  if (timelines) checkTimelines(timelines, request.document);
  if (media.as === 'made') return moviesOf(request, media, sources, planning);
  if (media.as === 'copy') return { files: await copiesOf(request, sources, planning.signal), notes: [] };
  if (timelines) return { files: [], notes: [] };
  throw new AppError('usage', 'there is nothing to write: neither timelines nor media', {
    doing: DOING,
    hint: 'Ask for timelines, or for media to be copied or made.',
  });
}
