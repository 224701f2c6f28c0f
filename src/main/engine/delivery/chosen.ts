/** The takes and shots that a request names, and the words of a file's name. */
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import { wordsFor } from '../../../common/delivery/name-words.ts';
import { AppError } from '../../../common/errors.ts';
import { pluginOf } from '../../../common/plugins/ids.ts';
import type { NameFacts } from '../../../common/plugins/timeline-v1.ts';
import type { Shot, Take } from '../../../common/project/document.ts';
import { timelineRate } from '../../../common/project/positions.ts';
import { timelineStart } from '../../../common/project/start-timecode.ts';
import { parseTimecode } from '../../../common/time/timecode.ts';
import type { ShotParts } from './movie.ts';
import { named } from './names.ts';

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

/** @param id of a format or a word @throws AppError plugin-missing where its plugin is switched off for this project */
export function requireOn(id: string, { plugins }: DeliveryRequest['document'], doing: string): void {
  const plugin = pluginOf(id);
  if (plugin === null || !Object.hasOwn(plugins, plugin) || plugins[plugin]) return;
  throw new AppError(
    'plugin-missing',
    `${id} is of the plugin ${plugin}, which is switched off for this project`,
    {
      doing,
      hint: 'Switch it on for this project, or leave it out.',
    },
  );
}

export interface Called {
  readonly shot: Shot | null;
  readonly take: Take | null;
  /** From 1 on. */
  readonly n: number;
  readonly timecode: string | null;
}

/** What the words of a name are made of. */
function nameFacts({ document }: Named, { shot, take, n, timecode }: Called): NameFacts {
  const { source, target, negative } = (take ?? shot)?.settings.prompts ?? NO_PROMPTS;
  return {
    project: document.name,
    shot: shot?.name ?? '',
    take: take?.name ?? '',
    clip: shot ? document.clips[shot.clipId]!.name : '',
    n: String(n).padStart(3, '0'),
    date: today(),
    timecode: (timecode ?? '').replaceAll(/[:;.]/g, '-'),
    prompts: { source, target, negative },
    ...{ note: take?.note ?? '', rating: take?.rating ?? 0 },
  };
}

const NO_PROMPTS = { source: '', target: '', negative: '' };

/** A file's name without ending. @throws AppError plugin-failed; Cancelled */
export async function nameOf(
  request: Named,
  pattern: string,
  called: Called,
  signal: AbortSignal | undefined,
): Promise<string> {
  return named(pattern, await wordsFor(pattern, nameFacts(request, called), signal), 'Take');
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
