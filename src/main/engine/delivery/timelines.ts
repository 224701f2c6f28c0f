/** The timelines of a delivery: one cut of the project, its pictures the delivered files, in every format asked for. */
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import type { Cut } from '../../../common/interchange/cut.ts';
import { TIMELINES, type TimelineFormatId } from '../../../common/interchange/formats.ts';
import { cutOf, type MediaFacts } from '../../../common/interchange/from-project.ts';
import { WRITERS } from '../../../common/interchange/registry.ts';
import { factsOf, type Sources } from './sources.ts';

export interface TimelineText {
  readonly format: TimelineFormatId;
  readonly ending: string;
  readonly text: string;
  readonly losses: readonly string[];
}

/** @param delivered what stands in a file's place, by the path that it was read from */
export function deliveredCut(
  { document, what, timelines }: DeliveryRequest,
  sources: Sources,
  delivered: ReadonlyMap<string, MediaFacts>,
): Cut {
  const facts = (path: string) => {
    const info = sources.get(path);
    return info ? (delivered.get(info.path) ?? factsOf(info)) : null;
  };
  const range = what.kind === 'timeline' ? what.range : null;
  return cutOf(document, { takes: timelines?.takes ?? 'shown', facts, ...(range && { range }) });
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
