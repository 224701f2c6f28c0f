/** What a delivery will write: each file with what it is made of. Nothing is written here. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import { AppError } from '../../../common/errors.ts';
import { cutOf, type MediaFacts } from '../../../common/interchange/from-project.ts';
import type { ClipInfo } from '../../../common/media.ts';
import type { Shot, Take } from '../../../common/project/document.ts';
import type { Forecast } from '../media/room.ts';
import { filesOfClip } from '../media/sequence.ts';
import { checkPattern, freeName, type NameWords, named } from './names.ts';
import { factsOf, type Sources } from './sources.ts';

const DOING = 'preparing the export';

interface Copy {
  readonly from: string;
  /** Place inside the folder. */
  readonly to: string;
}

export interface PlannedFile {
  /** Place inside the folder; of a sequence its folder. */
  readonly name: string;
  readonly frames: number;
  readonly forecast: Forecast;
  readonly work: { readonly as: 'copy'; readonly copies: readonly Copy[]; readonly facts: MediaFacts };
  /** Which file of the project it takes the place of in timelines. */
  readonly standsFor: string;
  readonly takes: readonly string[];
}

export interface Plan {
  readonly files: readonly PlannedFile[];
  readonly notes: readonly string[];
}

/** @throws AppError usage for what is not there or makes no sense */
export async function planDelivery(request: DeliveryRequest, sources: Sources): Promise<Plan> {
  const { media, timelines, names } = request;
  if (names !== null) checkPattern(names);
  if (media.as === 'link') {
    if (timelines) return { files: [], notes: [] };
    throw new AppError('usage', 'there is nothing to write: neither timelines nor media', {
      doing: DOING,
      hint: 'Ask for timelines, or for media to be copied or made.',
    });
  }
  if (media.as === 'made')
    throw new AppError('usage', 'media cannot be made yet', { doing: DOING, hint: 'Copy it.' });
  return { files: await copiesOf(request, sources), notes: [] };
}

/** What is copied, each file once, with the take that it is, if any. */
async function copiesOf(request: DeliveryRequest, sources: Sources): Promise<PlannedFile[]> {
  const { document, what, names } = request;
  const takes = new Map(Object.values(document.takes).map((take) => [sources.get(take.path)?.path, take]));
  const taken = new Set<string>();
  const files: PlannedFile[] = [];
  for (const info of wantedInfos(request, sources)) {
    const take = takes.get(info.path);
    const inside = request.timelines ? 'media/' : '';
    const [first, ...rest] = filesOfClip(info.path);
    const single = rest.length === 0 && first === info.path;
    const own = single ? basename(info.path) : basename(dirname(info.path));
    const words = take && nameWords(request, shotOfTake(request, take), take, files.length + 1);
    const asked =
      names === null || !words ? own : `${named(names, words, 'Take')}${single ? extname(info.path) : ''}`;
    const name = `${inside}${freeName(asked, taken)}`;
    const copies = [first!, ...rest].map((from) => ({
      from,
      to: single ? name : `${name}/${basename(from)}`,
    }));
    let bytes = 0;
    for (const { from } of copies) bytes += (await stat(from)).size;
    const path = join(request.folder, single ? name : join(name, basename(info.path)));
    files.push({
      ...{ name, frames: info.frames, forecast: { usual: bytes, least: bytes } },
      work: { as: 'copy', copies, facts: { ...factsOf(info), path } },
      standsFor: info.path,
      takes: take ? [take.id] : [],
    });
  }
  if (what.kind !== 'timeline' && files.length === 0)
    throw new AppError('usage', 'nothing is chosen', { doing: DOING });
  return files;
}

function wantedInfos(request: DeliveryRequest, sources: Sources): ClipInfo[] {
  const { document, what, timelines } = request;
  const facts = (path: string) => {
    const info = sources.get(path);
    return info ? factsOf(info) : null;
  };
  if (what.kind === 'timeline') {
    const takes = timelines?.takes ?? 'shown';
    const cut = cutOf(document, { takes, facts, ...(what.range && { range: what.range }) });
    const seen = new Set(Object.values(cut.media).map(({ path }) => path));
    return [...new Map([...sources.values()].map((info) => [info.path, info])).values()].filter(({ path }) =>
      seen.has(path),
    );
  }
  const paths =
    what.kind === 'takes'
      ? what.takes.map((id) => takeWithId(request, id).path)
      : what.shots.map((id) => {
          const shot = shotWithId(request, id);
          const shown = shot.takeId === null ? undefined : document.takes[shot.takeId];
          return shown?.path ?? document.clips[shot.clipId]!.path;
        });
  return [...new Set(paths)].map((path) => sources.get(path)!);
}

function takeWithId({ document }: DeliveryRequest, id: string): Take {
  const take = document.takes[id];
  if (take && document.timeline.some((item) => item.id === take.shotId)) return take;
  throw new AppError('usage', 'a take that is asked for is not in the project', { doing: DOING });
}

function shotWithId({ document }: DeliveryRequest, id: string): Shot {
  const item = document.timeline.find((one) => one.id === id);
  if (item?.kind === 'shot') return item;
  throw new AppError('usage', 'a shot that is asked for is not on the timeline', { doing: DOING });
}

function shotOfTake(request: DeliveryRequest, take: Take): Shot {
  return shotWithId(request, take.shotId);
}

/** What stands in braces of a name, for a take of a shot or what the shot shows. */
function nameWords(
  { document }: DeliveryRequest,
  shot: Shot | null,
  take: Take | null,
  n: number,
  timecode = '',
): NameWords {
  return {
    project: document.name,
    shot: shot?.name ?? '',
    take: take?.name ?? '',
    clip: shot ? document.clips[shot.clipId]!.name : '',
    n: String(n).padStart(3, '0'),
    date: today(),
    timecode: timecode.replaceAll(/[:;]/g, '-'),
  };
}

function today(): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
