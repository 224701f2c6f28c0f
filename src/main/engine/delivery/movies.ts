/** Files that are made: of takes, of shots with handles, of the timeline as one. */
import { basename, extname, join } from 'node:path';
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import { AppError } from '../../../common/errors.ts';
import { FORMATS } from '../../../common/formats/registry.ts';
import type { ClipInfo, Rational } from '../../../common/media.ts';
import type { Shot, Take } from '../../../common/project/document.ts';
import { place, timelineLength, timelineRate } from '../../../common/project/positions.ts';
import { framesLast } from '../../../common/time/exact.ts';
import { formatRational, sameRational } from '../../../common/time/rational.ts';
import {
  carriesTimecode,
  formatTimecode,
  labelAtRate,
  offsetTimecode,
} from '../../../common/time/timecode.ts';
import { forecastOf } from '../media/room.ts';
import { formatOfTake } from '../project/take-proof.ts';
import { type Called, DOING, nameOf, partsOf, shotWithId, startOf, takeWithId } from './chosen.ts';
import { copyOf } from './copies.ts';
import { enlargedBy, madeSize } from './enlarge.ts';
import { isPart, rehearseMovie } from './make.ts';
import {
  fileGrid,
  framesAtRate,
  type Grid,
  type Movie,
  piecesOf,
  shotGrid,
  timelineGrid,
  withHandles,
} from './movie.ts';
import { freeName } from './names.ts';
import { fittedInto } from './pictures.ts';
import type { Plan, PlannedFile, Planning, StandsFor } from './planned.ts';
import { trackOf } from './sound.ts';
import { type Infos, infosOf, type Sources } from './sources.ts';

type Made = Extract<DeliveryRequest['media'], { as: 'made' }>;

interface Wanted extends Omit<Called, 'n' | 'timecode'> {
  readonly grid: Grid;
  readonly width: number;
  readonly height: number;
  /** Label of its first frame, at the grid's rate. */
  readonly timecode: string | null;
  readonly reel: string | null;
  readonly standsFor: StandsFor;
  readonly takes: readonly string[];
}

/** @throws AppError usage, encoder-missing; Cancelled */
export async function moviesOf(
  request: DeliveryRequest,
  made: Made,
  sources: Sources,
  { enlargers, signal }: Planning,
): Promise<Plan> {
  const notes = new Set<string>();
  const infos = infosOf(sources);
  const taken = new Set<string>();
  const files: PlannedFile[] = [];
  const enlarged = made.upscaler === undefined ? null : await enlargedBy(made.upscaler, enlargers!, signal);
  for (const wanted of wantedOf(request, made, sources, notes)) {
    const plain = movieOf(wanted, made, notes);
    const movie = enlarged?.(plain) ?? plain;
    requireFrames(movie, infos);
    const called = { ...wanted, n: files.length + 1, timecode: movie.timecode };
    const stem = await nameOf(request, request.names ?? '{project}_{shot}_{take}', called, signal);
    const nameWith = (ending: string) =>
      join(request.timelines ? 'media' : '', freeName(`${stem}${ending}`, taken));
    const { standsFor, takes } = wanted;
    const whole = await untouched(movie, made, wanted.take, infos);
    if (whole) {
      notes.add(
        `what is ${FORMATS[made.format].label} already goes out as it is, without another generation`,
      );
      files.push({
        ...(await copyOf(whole, request.folder, (own) => nameWith(extname(own)))),
        standsFor,
        takes,
      });
      continue;
    }
    const making = { movie, format: made.format, infos };
    for (const note of await rehearseMovie(making, signal)) notes.add(note);
    tellOf(movie, wanted, infos, notes);
    const [ending] = FORMATS[made.format].extensions;
    files.push({
      ...{ name: nameWith(ending!), frames: movie.frames, oneFile: ending !== '' },
      forecast: forecast(movie, made, infos),
      work: { as: 'make', movie, format: made.format },
      ...{ standsFor, takes },
    });
  }
  return { files, notes: [...notes] };
}

function* wantedOf(
  request: DeliveryRequest,
  { handles, handlesFromClip }: Made,
  sources: Sources,
  notes: Set<string>,
): Generator<Wanted> {
  const { document, what } = request;
  if (what.kind === 'takes') {
    if (handles > 0) notes.add('takes go out whole: handles are of shots');
    for (const id of new Set(what.takes)) {
      const take = takeWithId(request, id);
      const shot = shotWithId(request, take.shotId);
      const info = sources.get(take.path)!;
      const clip = sources.get(document.clips[shot.clipId]!.path)!;
      const heard =
        clip.audio.length > 0 ? { path: clip.path, from: framesLast(take.start, clip.rate) } : null;
      yield {
        ...{ shot, take, grid: fileGrid(info, heard), width: info.width, height: info.height },
        ...{ timecode: info.timecode ?? labelIn(clip, take.start), reel: info.reel ?? clip.reel },
        ...{ standsFor: { kind: 'file' as const, path: info.path }, takes: [id] },
      };
    }
  } else if (what.kind === 'shots') {
    for (const id of new Set(what.shots)) {
      const parts = partsOf(request, shotWithId(request, id));
      const { shot, take } = parts;
      const range = withHandles(parts, { frames: handles, fromClip: handlesFromClip });
      tellOfHandles(shot, range, handles, notes);
      const info = sources.get(parts.clip.path)!;
      const covering = take && take.start <= range.start && take.end >= range.end;
      const { width, height } = covering ? sources.get(take.path)! : info;
      yield {
        ...{ shot, take, grid: shotGrid(parts, range, sources), width, height },
        ...{ timecode: labelIn(info, range.start), reel: info.reel },
        ...{ standsFor: { kind: 'shot' as const, id, start: range.start }, takes: take ? [take.id] : [] },
      };
    }
  } else yield flattened(request, what.range, sources, handles, notes);
}

function flattened(
  request: DeliveryRequest,
  range: { from: number; to: number } | null,
  sources: Sources,
  handles: number,
  notes: Set<string>,
): Wanted {
  const { document } = request;
  const [from, to] = [
    range?.from ?? 0,
    Math.min(range?.to ?? Number.POSITIVE_INFINITY, timelineLength(document)),
  ];
  const [first] = Object.values(document.clips);
  if (!first || to <= from)
    throw new AppError('usage', 'there is nothing on the timeline there', {
      doing: DOING,
      hint: 'Drop a clip on the window, or choose other frames.',
    });
  if (handles > 0) notes.add('a timeline in one file has no handles');
  const rate = timelineRate(document);
  const placed = place(document);
  const start = startOf(request);
  const seen = placed.flatMap(({ item, from: at, to: until }) =>
    item.kind === 'shot' && item.takeId !== null && until > from && at < to ? [item.takeId] : [],
  );
  const parts = (shot: Shot) => partsOf(request, shot);
  return {
    ...{ shot: null, take: null, width: first.width, height: first.height, reel: null, takes: seen },
    grid: timelineGrid(placed, { from, to }, rate, { partsOf: parts, sources }),
    timecode: formatTimecode({ ...start, frames: start.frames + from }, rate),
    standsFor: { kind: 'timeline', from },
  };
}

function labelIn({ timecode, rate }: ClipInfo, frame: number): string | null {
  return timecode === null || !carriesTimecode(rate) ? null : offsetTimecode(timecode, frame, rate);
}

function movieOf(wanted: Wanted, { rate: asked, sound }: Made, notes: Set<string>): Movie {
  const { grid, width, height, timecode, reel } = wanted;
  const rate = asked ?? grid.rate;
  const frames = asked ? framesAtRate(grid, rate) : grid.frames;
  const pieces = piecesOf(grid, rate, frames).map((piece) => (sound ? piece : { ...piece, sound: null }));
  const label = timecode !== null && asked ? labelAtRate(timecode, grid.rate, rate) : timecode;
  if (!sameRational(rate, grid.rate))
    notes.add(
      `${fps(grid.rate)} becomes ${fps(rate)} frames a second: frames stand twice or are left out, none are blended; length and sound stay`,
    );
  return { rate, frames, width, height, timecode: label, reel, pieces };
}

/** @throws AppError clip-unreadable where a file is shorter than the project knows */
function requireFrames({ pieces }: Movie, infos: Infos): void {
  for (const { picture } of pieces) {
    if (!picture) continue;
    const { path, frames } = infos.get(picture.path)!;
    const last = picture.frames.at(-1)!;
    if (last >= frames)
      throw new AppError('clip-unreadable', `it has ${frames} frames, and frame ${last} is shown`, {
        doing: `reading ${basename(path)}`,
        hint: 'It is another file than the project knows: render or import it anew.',
      });
  }
}

function fps(rate: Rational): string {
  return rate.den === 1 ? String(rate.num) : formatRational(rate);
}

/** The take's own file, where it is just what is asked for. */
async function untouched(
  { pieces, frames, rate, enlarged }: Movie,
  { format, sound }: Made,
  take: Take | null,
  infos: Infos,
): Promise<ClipInfo | null> {
  const [piece, ...more] = pieces;
  const info = piece?.picture && infos.get(piece.picture.path);
  if (
    enlarged ||
    !take ||
    !info ||
    more.length > 0 ||
    info.frames !== frames ||
    !sameRational(info.rate, rate)
  )
    return null;
  if (piece.picture!.frames[0] !== 0 || piece.picture!.frames.at(-1) !== frames - 1) return null;
  if (piece.sound ? piece.sound.path !== info.path : info.audio.length > 0 && !sound) return null;
  return (await formatOfTake(take.path)) === format ? info : null;
}

function forecast(movie: Movie, { format }: Made, infos: Infos) {
  const { rate, frames, pieces } = movie;
  const { width, height } = madeSize(movie);
  const track = trackOf(movie, infos);
  const heard = pieces.length === 1 && pieces[0]!.sound ? infos.get(pieces[0]!.sound.path)!.audio : null;
  const audio = heard ?? (track ? [track] : []);
  return forecastOf({ width, height, rate, audio }, { start: 0, end: frames }, FORMATS[format]);
}

function tellOfHandles(
  { name, start: first, end: last }: Shot,
  { start, end }: { start: number; end: number },
  wanted: number,
  notes: Set<string>,
) {
  const [before, behind] = [first - start, end - last];
  if (before < wanted || behind < wanted)
    notes.add(`${name} has handles of ${before} and ${behind} frames: what is shown there has no more`);
}

/** What an editor would not expect of a file that is put together. */
function tellOf(movie: Movie, { shot }: Wanted, infos: Infos, notes: Set<string>): void {
  const what = shot?.name ?? 'the timeline';
  const seen = new Set(movie.pieces.flatMap(({ picture }) => (picture ? [infos.get(picture.path)!] : [])));
  for (const info of seen) {
    const { width, height } = fittedInto(info, movie);
    const name = basename(info.path);
    if (info.width !== movie.width || info.height !== movie.height)
      notes.add(
        `${name} has ${info.width}×${info.height} pixels: it is fitted into ${movie.width}×${movie.height}${width === movie.width && height === movie.height ? '' : ', with black beside it'}`,
      );
    if (shot === null && !sameRational(info.rate, movie.rate))
      notes.add(
        `${name} has ${fps(info.rate)} frames a second, ${what} ${fps(movie.rate)}: it takes its real time, none are blended`,
      );
  }
  if (movie.enlarged) {
    const { width, height } = madeSize(movie);
    notes.add(
      `pictures of ${movie.width}×${movie.height} become ${width}×${height} by the upscaler, which takes its time`,
    );
  }
  if (isPart(movie, infos) || movie.pieces.length === 1) return;
  const track = trackOf(movie, infos);
  const heard = movie.pieces.flatMap(({ sound }) => (sound ? infos.get(sound.path)!.audio : []));
  if (track && heard.length > movie.pieces.filter(({ sound }) => sound !== null).length)
    notes.add(`${what}: of clips with several sound tracks the first is heard`);
  if (track && heard.some(({ layout }) => layout !== track.layout))
    notes.add(`${what}: sound of several kinds is mixed to ${track.layout}`);
}
