/** Clips whose rate is not the timeline's: they play at their own speed, and the artist is told of both. */
import type { Rational } from '../../common/media.ts';
import type { ProjectDocument } from '../../common/project/document.ts';
import { timelineRate } from '../../common/project/positions.ts';
import { sameRational } from '../../common/time/rational.ts';
import { fps } from '../words.ts';

type Clips = Pick<ProjectDocument, 'clips'>;

/** The clip's rate where it is not the timeline's, else null. */
export function otherRate(document: Clips, clipId: string): Rational | null {
  const rate = document.clips[clipId]?.rate;
  return rate && !sameRational(rate, timelineRate(document)) ? rate : null;
}

/** "30 fps on a timeline of 25 fps"; null where both count alike. */
export function rateNote(document: Clips, clipId: string): string | null {
  const rate = otherRate(document, clipId);
  return rate && `${fps(rate)} on a timeline of ${fps(timelineRate(document))}`;
}
