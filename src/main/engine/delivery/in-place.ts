/** A take handed back in place: its whole clip with the take in it, where an editing program relinks to it. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Delivered, InPlaceRequest } from '../../../common/contract/delivery.ts';
import { AppError } from '../../../common/errors.ts';
import { portableName } from '../../../common/file-name.ts';
import { FORMATS } from '../../../common/formats/registry.ts';
import { publish, sync, temporaryFor } from '../../atomic-files.ts';
import { requireRoom } from '../disk.ts';
import { forecastOf } from '../media/room.ts';
import { inWords } from '../media/target.ts';
import { shotWithId, takeWithId } from './chosen.ts';
import type { DeliveryContext } from './delivery.ts';
import { makeMovie, rehearseMovie } from './make.ts';
import { type Movie, piecesOf, shotGrid } from './movie.ts';
import { infosOf, readSources } from './sources.ts';

const DOING = 'replacing the source';

/**
 * As long as the clip, with its rate, label, reel and every track of its sound; outside the take its frames are the clip's own.
 * @throws AppError usage for pictures, disk-full, output-unwritable, encoder-missing; Cancelled
 */
export async function replaceSource(
  request: InPlaceRequest,
  { probe, signal, onProgress }: DeliveryContext,
): Promise<Delivered> {
  const { document, format } = request;
  const take = takeWithId(request, request.take);
  const shot = shotWithId(request, take.shotId);
  const clip = document.clips[shot.clipId]!;
  const spec = FORMATS[format];
  const [ending] = spec.extensions;
  const asked = { document, what: { kind: 'takes' as const, takes: [take.id] }, timelines: null };
  const sources = await readSources(asked, { probe, signal });
  const info = sources.get(clip.path)!;
  if (info.sequence || !ending)
    throw new AppError('usage', 'pictures are not replaced in place', {
      doing: DOING,
      hint: 'Export the take as pictures instead.',
    });
  const grid = shotGrid({ shot, clip, take }, { start: 0, end: clip.frames }, sources);
  const movie: Movie = {
    ...{ rate: clip.rate, frames: clip.frames, width: info.width, height: info.height },
    ...{ timecode: info.timecode, reel: info.reel },
    pieces: piecesOf(grid, clip.rate, clip.frames).map((piece) => ({ ...piece, sound: null })),
    ...(info.audio.length > 0 && { through: info.path }),
  };
  const making = { movie, format, infos: infosOf(sources) };
  const notes = await rehearseMovie(making, signal);
  const beside = dirname(clip.path);
  const folder = freeFolder(join(beside, portableName(`${shot.name} ${take.name} (Retake)`, 'Retake')));
  const name = `${basename(clip.path, extname(clip.path))}${ending}`;
  const { least } = forecastOf(info, { start: 0, end: clip.frames }, spec);
  const partial = temporaryFor(folder);
  const tell = (frame: number) =>
    onProgress?.({
      ...{ folder: beside, file: 1, files: 1, name, frame, frames: clip.frames },
      fraction: frame / clip.frames,
    });
  try {
    await requireRoom(beside, least, DOING);
    await mkdir(partial);
    const out = join(partial, name);
    const { bytes } = await makeMovie(making, { out, scratch: partial, signal, onFrame: tell });
    await sync(partial);
    await publish(partial, folder);
    return {
      ...{ folder, timelines: [], failed: [], notes },
      files: [{ path: join(folder, name), frames: clip.frames, bytes }],
    };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw inWords(error, DOING);
  }
}

/** Nothing that is there is written over. */
function freeFolder(folder: string): string {
  let free = folder;
  for (let n = 2; existsSync(free); n += 1) free = `${folder} ${n}`;
  return free;
}
