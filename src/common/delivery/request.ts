/** An artist's choice made into what is asked of the engine. Pure. */
import type { Calls } from '../contract/contract.ts';
import type { ProjectDocument } from '../project/document.ts';
import { timelineLength } from '../project/positions.ts';
import type { ExportChoice, What } from './choice.ts';

export interface ExportSubject {
  readonly document: ProjectDocument;
  /** In hand, in their order on the timeline. */
  readonly shots: readonly string[];
  /** Chosen in the list of takes, else the shown one of the shot in hand. */
  readonly takes: readonly string[];
  /** Timeline frames, half-open; null where it is not set. */
  readonly range: { readonly from: number; readonly to: number } | null;
}

type Asked = Calls['delivery.run']['input']['what'];

/** What there is of it to export; null where there is nothing. */
export function askedOf(what: What, { document, shots, takes, range }: ExportSubject): Asked | null {
  const onTimeline = new Set(document.timeline.flatMap((one) => (one.kind === 'shot' ? [one.id] : [])));
  const filled = <Kind extends 'takes' | 'shots'>(kind: Kind, ids: string[]) =>
    ids.length === 0 ? null : ({ kind, [kind]: ids } as unknown as Asked);
  switch (what) {
    case 'takes':
      return filled(
        'takes',
        takes.filter((id) => onTimeline.has(document.takes[id]?.shotId ?? '')),
      );
    case 'all-takes':
      return filled('takes', takesInOrder(document));
    case 'shots':
      return filled(
        'shots',
        shots.filter((id) => onTimeline.has(id)),
      );
    case 'all-shots':
      return filled('shots', [...onTimeline]);
    case 'range':
      return range && { kind: 'timeline', range };
    case 'timeline':
      return onTimeline.size === 0 ? null : { kind: 'timeline', range: null };
  }
}

/** Shot by shot as they play; of a shot the oldest first. */
function takesInOrder({ timeline, takes }: ProjectDocument): string[] {
  return timeline.flatMap(({ id }) =>
    Object.values(takes)
      .filter(({ shotId }) => shotId === id)
      .sort((a, b) => a.createdAt - b.createdAt)
      .map((take) => take.id),
  );
}

/** In to Out as the window sets them, either of which may be open; null where neither is set or nothing lies between. */
export function rangeBetween(
  document: ProjectDocument,
  inFrame: number | null,
  outFrame: number | null,
): ExportSubject['range'] {
  if (inFrame === null && outFrame === null) return null;
  const length = timelineLength(document);
  const range = { from: inFrame ?? 0, to: Math.min(outFrame ?? length, length) };
  return range.from < range.to ? range : null;
}

export interface ExportPlace {
  readonly project: string;
  readonly folder: string;
  readonly startTimecode: string | null;
}

/** Null where there is nothing of it. What a choice leaves without sense is left out: a script without the timeline it reads. */
export function requestOf(
  choice: ExportChoice,
  subject: ExportSubject,
  { project, folder, startTimecode }: ExportPlace,
): Calls['delivery.run']['input'] | null {
  const what = askedOf(choice.what, subject);
  if (!what) return null;
  const { what: _, ...how } = choice;
  return {
    ...{ project, document: subject.document, folder, startTimecode, what },
    ...how,
    resolve: how.resolve && takesScript(choice),
  };
}

/** Whether timelines go along that Resolve's script reads. */
export function takesScript({ timelines }: ExportChoice): boolean {
  return timelines?.formats.includes('resolve') ?? false;
}
