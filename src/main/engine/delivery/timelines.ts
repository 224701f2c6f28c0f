/** The timelines of a delivery: one cut of the project, its pictures the delivered files, in every format asked for. */
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import type { Cut } from '../../../common/interchange/cut.ts';
import { TIMELINES, type TimelineFormatId } from '../../../common/interchange/formats.ts';
import { cutOf, type MediaFacts, type StandIn } from '../../../common/interchange/from-project.ts';
import { WRITERS } from '../../../common/interchange/registry.ts';
import type { Shot } from '../../../common/project/document.ts';
import { type Placed, timelineRate } from '../../../common/project/positions.ts';
import { type Exact, framesLast, subtract } from '../../../common/time/exact.ts';
import { startOf } from './chosen.ts';
import type { StandsFor } from './planned.ts';
import { factsOf, type Sources } from './sources.ts';

interface TimelineText {
  readonly format: TimelineFormatId;
  readonly ending: string;
  readonly text: string;
  readonly losses: readonly string[];
}

interface Standing {
  readonly standsFor: StandsFor;
  readonly facts: MediaFacts;
}

/** What is not delivered stays where it lies. */
export function deliveredCut(
  request: Pick<DeliveryRequest, 'document' | 'what' | 'timelines' | 'startTimecode'>,
  sources: Sources,
  delivered: readonly Standing[],
): Cut {
  const { document, what, timelines } = request;
  const byPath = new Map<string, MediaFacts>();
  for (const { standsFor, facts } of delivered)
    byPath.set(standsFor.kind === 'file' ? standsFor.path : facts.path, facts);
  const facts = (path: string) => {
    const info = sources.get(path);
    return byPath.get(info?.path ?? path) ?? (info ? factsOf(info) : null);
  };
  const rate = timelineRate(document);
  const standIn = (placed: Placed<Shot>, from: number, time: Exact): StandIn | null => {
    for (const { standsFor, facts } of delivered) {
      if (standsFor.kind === 'timeline')
        return { path: facts.path, from: framesLast(from - standsFor.from, rate) };
      if (standsFor.kind !== 'shot' || standsFor.id !== placed.item.id) continue;
      const clip = document.clips[placed.item.clipId]!;
      return { path: facts.path, from: subtract(time, framesLast(standsFor.start, clip.rate)) };
    }
    return null;
  };
  const range = what.kind === 'timeline' ? what.range : null;
  const takes = timelines?.takes ?? 'shown';
  return cutOf(document, { takes, facts, standIn, start: startOf(request), ...(range && { range }) });
}

export function* timelineTexts(
  cut: Cut,
  { formats, fcpxml }: NonNullable<DeliveryRequest['timelines']>,
): Generator<TimelineText> {
  for (const format of new Set(formats)) {
    const { ending } = TIMELINES[format];
    const { text, losses } = WRITERS[format](cut, { fcpxml });
    yield { format, ending, text, losses: [...losses, ...sequenceLosses(cut)] };
  }
}

function sequenceLosses({ media }: Cut): string[] {
  return Object.values(media)
    .filter(({ name }) => /#/.test(name))
    .map(({ name }) => `${name} is a sequence of pictures, which most programs want to be shown by hand`);
}
