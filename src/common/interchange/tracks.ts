/**
 * Pictures that lie on tracks above each other, as most programs have them, and the one track of a cut. What lies exactly above
 * another is another picture of the same clip; of the rest the uppermost is seen.
 */
import type { Rational } from '../media.ts';
import { add, framesLast } from '../time/exact.ts';
import {
  type Cut,
  type CutClip,
  type CutItem,
  type CutMarker,
  type CutSource,
  placedItems,
  shownSource,
} from './cut.ts';

export interface LaidClip {
  /** Frames of the cut. */
  readonly at: number;
  readonly frames: number;
  readonly name: string;
  readonly source: CutSource;
  readonly enabled: boolean;
  /** Among the pictures of its clip, where a format says so; else those below come first. */
  readonly order?: number;
  readonly note: string;
  readonly markers: readonly CutMarker[];
}

export type Track = readonly LaidClip[];

/** From the lowest up: originals, then what takes there are, of which those that are shown are switched on. Originals always are: what is above hides them. */
export function tracksOf(cut: Cut): Track[] {
  const tracks: LaidClip[][] = [[]];
  for (const { item, at } of placedItems(cut)) {
    if (item.kind === 'gap') continue;
    const { name, frames, note, markers } = item;
    for (const [i, source] of item.sources.entries()) {
      tracks[i] ??= [];
      const whole = i === 0 ? { note, markers } : { note: '', markers: [] };
      tracks[i].push({ at, frames, name, source, enabled: i === 0 || i === item.shown, ...whole });
    }
  }
  return tracks;
}

/** What is seen and heard, in playing order. */
export function shownTrack(cut: Cut): LaidClip[] {
  return [...placedItems(cut)].flatMap(({ item, at }) => {
    if (item.kind === 'gap') return [];
    const { name, frames, note, markers } = item;
    return [{ at, frames, name, source: shownSource(item), enabled: true, note, markers }];
  });
}

interface Group {
  readonly at: number;
  readonly frames: number;
  readonly clip: CutClip;
  /** Of the picture that is seen. */
  readonly track: number;
  readonly order: number;
}

export interface Flattened {
  readonly items: readonly CutItem[];
  /** Whether something that is on lies under something else for a part of its time. */
  readonly hides: boolean;
}

/** @param tracks from the lowest up; clips of one track do not lie over each other */
export function flattened(tracks: readonly Track[], rate: Rational): Flattened {
  const groups = groupsOf(tracks);
  const edges = [...new Set(groups.flatMap(({ at, frames }) => [at, at + frames]))].sort((a, b) => a - b);
  const seen: { group: Group; from: number; to: number }[] = [];
  let hides = false;
  for (const [i, to] of edges.slice(1).entries()) {
    const from = edges[i]!;
    const over = groups.filter(({ at, frames }) => at <= from && at + frames >= to);
    if (over.length === 0) continue;
    const group = over.reduce((best, one) => (above(one, best) ? one : best));
    hides ||= over.length > 1;
    const last = seen.at(-1);
    if (last?.group === group && last.to === from) last.to = to;
    else seen.push({ group, from, to });
  }
  const items: CutItem[] = [];
  let end = 0;
  for (const { group, from, to } of seen) {
    if (from > end) items.push({ kind: 'gap', frames: from - end });
    items.push(pieceOf(group, from, to, rate));
    end = to;
  }
  return { items, hides };
}

const above = (a: Group, b: Group) => a.track > b.track || (a.track === b.track && a.order > b.order);

/** Clips of the same time are pictures of one; those of which none is on are not seen. */
function groupsOf(tracks: readonly Track[]): Group[] {
  const together = new Map<string, { clip: LaidClip; track: number }[]>();
  for (const [track, clips] of tracks.entries())
    for (const clip of clips) {
      const key = `${clip.at} ${clip.frames}`;
      const others = together.get(key) ?? [];
      together.set(key, [...others, { clip, track }]);
    }
  return [...together.values()].flatMap((members, order) => {
    const seen = members.findLast(({ clip }) => clip.enabled);
    if (!seen) return [];
    const [{ clip: first }] = members as [(typeof members)[number]];
    if (members.every(({ clip }) => clip.order !== undefined))
      members.sort((a, b) => a.clip.order! - b.clip.order!);
    const shown = members.indexOf(seen);
    const { at, frames, name } = first;
    const clip: CutClip = {
      ...{ kind: 'clip', name, frames, shown, sources: members.map(({ clip }) => clip.source) },
      note: members
        .map(({ clip }) => clip.note)
        .filter((note) => note !== '')
        .join('\n'),
      markers: members.flatMap(({ clip }) => clip.markers),
    };
    return [{ at, frames, clip, order, track: seen.track }];
  });
}

function pieceOf({ at, clip }: Group, from: number, to: number, rate: Rational): CutClip {
  const later = from - at;
  if (later === 0 && to - from === clip.frames) return clip;
  return {
    ...clip,
    frames: to - from,
    sources: clip.sources.map((source) => ({ ...source, from: add(source.from, framesLast(later, rate)) })),
    markers: clip.markers
      .filter((marker) => marker.at >= later && marker.at < to - at)
      .map((marker) => ({ ...marker, at: marker.at - later })),
  };
}
