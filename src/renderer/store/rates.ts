/** Frame rates: what the artist is told of clips whose rate is not the timeline's, which play at their own speed, and rates to choose from. */
import type { Rational } from '../../common/media.ts';
import type { ProjectDocument } from '../../common/project/document.ts';
import { timelineRate } from '../../common/project/positions.ts';
import { formatRational, rational, sameRational, toNumber } from '../../common/time/rational.ts';
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

/** What films and broadcasts are edited at. */
export const EDITING_RATES: readonly Rational[] = [
  rational(24000, 1001),
  rational(24),
  rational(25),
  rational(30000, 1001),
  rational(30),
  rational(50),
  rational(60000, 1001),
  rational(60),
];

/** Read back by `parseRational`. */
export function rateOption(rate: Rational): { readonly id: string; readonly name: string } {
  return { id: formatRational(rate), name: fps(rate) };
}

/** In order, with one more where it is not among them. */
export function ratesWith(rates: readonly Rational[], more: Rational | null): readonly Rational[] {
  const isKnown = more === null || rates.some((one) => sameRational(one, more));
  return [...rates, ...(isKnown ? [] : [more])].toSorted((a, b) => toNumber(a) - toNumber(b));
}
