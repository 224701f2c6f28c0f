/** The takes and shots that a request names, and the words of a file's name. */
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import { AppError } from '../../../common/errors.ts';
import type { Shot, Take } from '../../../common/project/document.ts';
import { timelineRate } from '../../../common/project/positions.ts';
import { timelineStart } from '../../../common/project/start-timecode.ts';
import { parseTimecode } from '../../../common/time/timecode.ts';
import type { ShotParts } from './movie.ts';
import type { NameWords } from './names.ts';

export const DOING = 'preparing the export';

type Named = Pick<DeliveryRequest, 'document'>;

/** @throws AppError usage */
export function takeWithId({ document }: Named, id: string): Take {
  const take = document.takes[id];
  if (take && document.timeline.some((item) => item.id === take.shotId)) return take;
  throw new AppError('usage', 'a take that is asked for is not in the project', { doing: DOING });
}

/** @throws AppError usage */
export function shotWithId({ document }: Named, id: string): Shot {
  const item = document.timeline.find((one) => one.id === id);
  if (item?.kind === 'shot') return item;
  throw new AppError('usage', 'a shot that is asked for is not on the timeline', { doing: DOING });
}

export function partsOf({ document }: Named, shot: Shot): ShotParts {
  const take = shot.takeId === null ? undefined : document.takes[shot.takeId];
  return { shot, clip: document.clips[shot.clipId]!, take: take ?? null };
}

export interface Called {
  readonly shot: Shot | null;
  readonly take: Take | null;
  /** From 1 on. */
  readonly n: number;
  readonly timecode: string | null;
}

export function nameWords({ document }: Named, { shot, take, n, timecode }: Called): NameWords {
  return {
    project: document.name,
    shot: shot?.name ?? '',
    take: take?.name ?? '',
    clip: shot ? document.clips[shot.clipId]!.name : '',
    n: String(n).padStart(3, '0'),
    date: today(),
    timecode: (timecode ?? '').replaceAll(/[:;.]/g, '-'),
  };
}

function today(): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** Label of the timeline's first frame. @throws AppError usage for one that its rate cannot count */
export function startOf({ document, startTimecode }: Pick<DeliveryRequest, 'document' | 'startTimecode'>) {
  if (startTimecode === null) return timelineStart(document);
  const start = parseTimecode(startTimecode, timelineRate(document));
  if (start) return start;
  throw new AppError('usage', `${startTimecode} is no timecode of this timeline`, {
    doing: DOING,
    hint: 'Write hours, minutes, seconds and frames as 01:00:00:00.',
  });
}
