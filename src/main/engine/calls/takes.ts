/** Answers what is asked of how good a take is, and makes the files that show it. */
import type { DesktopContract } from '../../../common/contract/contract.ts';
import type { DesktopEvent } from '../../../common/contract/events.ts';
import type { ReviewWork } from '../../../common/contract/takes.ts';
import type { NetworkPlaces } from '../project/places.ts';
import type { Review } from '../review/review.ts';
import type { Handlers } from '../serve.ts';
import { either, seldom } from './calling.ts';

export interface TakeParts {
  readonly review: Review;
  readonly places: NetworkPlaces;
  /** Ends with the open project. */
  readonly errand: () => AbortSignal;
  readonly emit: (event: DesktopEvent) => void;
}

type Asked = 'take.score' | 'take.scored' | 'take.sheet' | 'takes.contact' | 'take.compare';

export function takeHandlers({
  review,
  places,
  errand,
  emit,
}: TakeParts): Pick<Handlers<DesktopContract>, Asked> {
  /** Nothing on a server that is new here; where the artist writes to is the artist's choice. */
  const seen = async (request: { take: string; clip: string | null; out?: string }, doing: string) => {
    if (request.out !== undefined) await places.accept(request.out);
    for (const path of [request.take, request.clip]) if (path !== null) await places.require(path, doing);
  };
  const followed = (take: string, work: ReviewWork, signal: AbortSignal | undefined) => ({
    signal: either(errand(), signal),
    onFraction: seldom((fraction: number) => emit({ kind: 'review', take, work, fraction })),
  });
  return {
    'take.score': async (request, signal) => {
      await seen(request, 'measuring a take');
      return review.score(request, followed(request.take, 'score', signal));
    },
    'take.scored': async (request, signal) => {
      await seen(request, 'looking for scores');
      return review.kept(request, signal);
    },
    'take.sheet': async (request, signal) => {
      await seen(request, 'making a contact sheet');
      return review.sheet(request, followed(request.take, 'sheet', signal));
    },
    'takes.contact': async (request, signal) => {
      const doing = 'making a contact sheet';
      await places.accept(request.out);
      for (const { take } of request.takes) await places.require(take, doing);
      return review.contact(request, followed(request.takes[0]!.take, 'sheet', signal));
    },
    'take.compare': async (request, signal) => {
      await seen(request, 'making an A/B movie');
      return review.compare(request, followed(request.take, 'compare', signal));
    },
  };
}
