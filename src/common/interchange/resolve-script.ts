/**
 * For DaVinci Resolve: a timeline of what is shown, and a script that adds the other takes to Resolve's take selectors, which no
 * timeline format reaches. The script is a table of this cut and the fixed program that goes by it.
 */
import type { Rational } from '../media.ts';
import { type Exact, frameAt, framesLast, nearestFrame } from '../time/exact.ts';
import { toNumber } from '../time/rational.ts';
import { formatTimecode } from '../time/timecode.ts';
import {
  type Cut,
  type CutItem,
  type CutMedia,
  type CutSource,
  placedItems,
  shownSource,
  type WrittenCut,
} from './cut.ts';
import { writeFcpxml } from './fcpxml/write.ts';
import { luaOf } from './lua.ts';
import { markersOf } from './markers.ts';

/** Of a marker that has no colour: Resolve's own first one. */
const NO_COLOUR = 'Blue';
/** Resolve's names; it has no orange. */
const COLOURS = {
  red: 'Red',
  orange: 'Sand',
  yellow: 'Yellow',
  green: 'Green',
  blue: 'Blue',
  purple: 'Purple',
} as const;

const HOW_TO_RUN = [
  '-- For DaVinci Resolve. Open a project of the frame rate of this cut, then Workspace > Console, choose Lua, and enter',
  '--   dofile([[ the whole path of this file ]])',
  '-- or put this file into the folder of scripts of Resolve and choose it in Workspace > Scripts.',
  '',
];

/** What is shown, alone: the script sets markers, and adds what else there is. */
export function resolveTimeline(cut: Cut): WrittenCut {
  const items = cut.items.map((item): CutItem => {
    if (item.kind === 'gap') return item;
    return { ...item, sources: [shownSource(item)], shown: 0, markers: [] };
  });
  return writeFcpxml({ ...cut, items, markers: [] }, 'lanes', '1.10');
}

/**
 * @param program what goes by the table, in Lua
 * @param timeline absolute path of what `resolveTimeline` gave
 */
export function resolveScript(cut: Cut, program: string, timeline: string): WrittenCut {
  const media = (source: CutSource) => cut.media[source.media]!;
  const shots: Parameters<typeof luaOf>[0][] = [];
  const notes = new Map<string, { path: string; name: string; shot: string; note: string }>();
  const losses = new Set<string>();
  for (const { item, at } of placedItems(cut)) {
    if (item.kind === 'gap') continue;
    const shown = shownSource(item);
    const { path } = media(shown);
    const takes = item.sources
      .filter((source) => source !== shown)
      .map((source) => {
        const of = media(source);
        return { path: of.path, name: source.name, ...framesOf(of, source.from, item.frames, cut.rate) };
      });
    shots.push({
      ...{ name: item.name, at, frames: item.frames, path, takes },
      own: framesIn(media(shown), item.frames, cut.rate),
    });
    for (const [i, source] of item.sources.entries()) {
      if (i === 0) continue;
      const { path } = media(source);
      const note = source === shown ? item.note : '';
      notes.set(path, { path, name: source.name, shot: item.name, note });
    }
  }
  for (const { name } of Object.values(cut.media))
    if (name.includes('#'))
      losses.add(`${name} is a sequence of pictures, which the script leaves to be added by hand`);
  const table = {
    name: cut.name,
    timeline,
    rate: toNumber(cut.rate),
    start: formatTimecode(cut.start, cut.rate),
    files: [...new Set(Object.values(cut.media).map(({ path }) => path))],
    shots,
    notes: [...notes.values()],
    markers: markersOf(cut).map(({ at, name, note, colour }) => ({
      ...{ at, name, note },
      colour: colour === null ? NO_COLOUR : COLOURS[colour],
    })),
  };
  const text = [...HOW_TO_RUN, `local CUT = ${luaOf(table)}`, '', program].join('\n');
  return { text, losses: [...losses] };
}

function framesIn({ rate }: CutMedia, frames: number, cutRate: Rational): number {
  return Math.max(1, nearestFrame(framesLast(frames, cutRate), rate));
}

/** First and last frame of a file that a piece of the cut shows, from 0. */
function framesOf(media: CutMedia, from: Exact, frames: number, cutRate: Rational) {
  const first = Math.min(frameAt(from, media.rate), media.frames - 1);
  return { first, last: Math.min(media.frames, first + framesIn(media, frames, cutRate)) - 1 };
}
