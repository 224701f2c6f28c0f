/**
 * CMX 3600 edit decision lists: one track of picture, labels at one rate, no paths. What a list has no word for stands in
 * comments, of which readers of other programs take the clip's name.
 */
import { AppError } from '../errors.ts';
import type { Rational } from '../media.ts';
import { compare, type Exact, exact, framesLast, nearestFrame, ZERO } from '../time/exact.ts';
import { formatRational, parseRational, sameRational } from '../time/rational.ts';
import { formatTimecode, nominalRate, parseTimecode, type Timecode } from '../time/timecode.ts';
import {
  type Cut,
  type CutClip,
  type CutItem,
  type CutMarker,
  type CutMedia,
  placedItems,
  type ReadCut,
  shownSource,
  type WrittenCut,
} from './cut.ts';
import { colourNamed } from './markers.ts';

/** The format counts its events with three digits; programs read more. */
const MOST_EVENTS = 999;
const REEL_LETTERS = 8;
/** What the format calls a tape that nobody named. */
const NO_REEL = 'AX';
/** Seconds of black that may come before the first picture. */
const LONGEST_LEADER = 300;

export function writeEdl(cut: Cut): WrittenCut {
  const { rate, start } = cut;
  const label = (frames: number) => formatTimecode({ frames, drop: start.drop }, rate);
  const reels = reelNames(Object.values(cut.media));
  const losses = new Set<string>();
  const lines = [
    `TITLE: ${oneLine(cut.name)}`,
    `FCM: ${start.drop ? '' : 'NON-'}DROP FRAME`,
    '',
    `* TIMELINE: ${formatTimecode(start, rate)} ${formatRational(rate)} ${cut.width}x${cut.height}`,
  ];
  let event = 0;
  for (const { item, at } of placedItems(cut)) {
    if (item.kind === 'gap') continue;
    event += 1;
    const source = shownSource(item);
    const media = cut.media[source.media]!;
    if (!sameRational(media.rate, rate))
      losses.add(`${media.name} has its own rate: the list counts it at the timeline's, by its time`);
    const from = sourceLabel(media, source.from, cut);
    const channels = media.sound === null ? 'V' : media.sound.channels === 1 ? 'B' : 'AA/V';
    const record = start.frames + at;
    const times = [from, from + item.frames, record, record + item.frames].map(label).join(' ');
    lines.push(
      `${String(event).padStart(3, '0')}  ${reels.get(media.id)!.padEnd(REEL_LETTERS)} ${channels.padEnd(5)} C        ${times}`,
      `* FROM CLIP NAME: ${oneLine(media.name)}`,
      `* SOURCE FILE: ${oneLine(media.path)}`,
      `* SOURCE: ${formatTimecode(media.timecode ?? { frames: 0, drop: false }, media.rate)} ${formatRational(media.rate)} ${media.frames} ${media.width}x${media.height}`,
      `* SHOT: ${oneLine(item.name)}`,
      ...item.note.split('\n').flatMap((line) => (line === '' ? [] : [`* COMMENT: ${line}`])),
      ...item.sources
        .filter((one) => one !== source)
        .map((one) => `* ALT: ${oneLine(cut.media[one.media]!.path)}`),
      ...item.markers.map((marker) => locator(marker, label(record + marker.at))),
    );
    if (item.sources.length > 1) losses.add('a list holds one picture: the others are named in comments');
  }
  if (event > MOST_EVENTS)
    losses.add(`it has ${event} events, and some programs read no more than ${MOST_EVENTS}`);
  if (cut.items.at(-1)?.kind === 'gap') losses.add('the gap at the end is left out');
  for (const marker of cut.markers) lines.push(locator(marker, label(start.frames + marker.at)));
  return { text: `${lines.join('\r\n')}\r\n`, losses: [...losses] };
}

/** A marker without a colour is white, which is none of ours. */
const locator = ({ name, note, colour }: CutMarker, at: string) =>
  `* LOC: ${at} ${(colour ?? 'white').toUpperCase().padEnd(7)} ${oneLine(note === '' ? name : `${name}: ${note}`)}`;

const oneLine = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

/** Eight letters each, no two alike: a tape's own name where it has one. */
function reelNames(media: readonly CutMedia[]): Map<string, string> {
  const taken = new Set<string>([NO_REEL, 'BL']);
  const names = new Map<string, string>();
  for (const { id, reel, name } of media) {
    const letters = (reel ?? name.replace(/\.[^.]*$/, '')).toUpperCase().replace(/[^A-Z0-9_]/g, '');
    const plain = letters.slice(0, REEL_LETTERS) || 'CLIP';
    let own = plain;
    for (let n = 2; taken.has(own); n += 1) own = `${plain.slice(0, REEL_LETTERS - `${n}`.length)}${n}`;
    // Pieces of one tape may share its name.
    if (reel === null || own === plain) taken.add(own);
    names.set(id, own);
  }
  return names;
}

/** A moment of the media as a label at the cut's rate: media of another rate is counted by its time. */
function sourceLabel(media: CutMedia, from: Exact, { rate }: Pick<Cut, 'rate'>): number {
  return firstLabel(media, rate) + nearestFrame(from, rate);
}

function firstLabel({ timecode, rate: own }: Pick<CutMedia, 'timecode' | 'rate'>, rate: Rational): number {
  if (timecode === null) return 0;
  if (sameRational(own, rate)) return timecode.frames;
  return Math.round((timecode.frames * nominalRate(rate)) / nominalRate(own));
}

export interface EdlOptions {
  /** At which it counts, where it does not say so itself: lists of other programs never do. */
  readonly rate: Rational;
}

interface Event {
  readonly reel: string;
  readonly channels: string;
  readonly transition: string;
  readonly from: Timecode;
  readonly record: Timecode;
  readonly frames: number;
  readonly comments: readonly string[];
}

const EVENT =
  /^\s*\d+\s+(\S+)\s+(\S+)\s+([A-Z]\d*)\s+(?:\d+\s+)?(\d\d:\d\d:\d\d[:;.]\d\d+)\s+(\d\d:\d\d:\d\d[:;.]\d\d+)\s+(\d\d:\d\d:\d\d[:;.]\d\d+)\s+(\d\d:\d\d:\d\d[:;.]\d\d+)\s*$/;
const DOING = 'reading an edit decision list';

/** @throws AppError usage for a text that is no list, or one whose labels do not fit the rate */
export function readEdl(text: string, { rate: asked }: EdlOptions): ReadCut {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n?|\n/);
  const own = lines.map((line) => /^\* TIMELINE: (\S+) (\d+\/\d+) (\d+)x(\d+)/.exec(line)).find((one) => one);
  const rate = (own && parseRational(own[2]!)) || asked;
  const losses = new Set<string>();
  const { events, title, whole } = eventsOf(lines, rate, losses);
  if (events.length === 0)
    throw new AppError('usage', 'this is no edit decision list: it holds no event', {
      doing: DOING,
      hint: 'Give a CMX 3600 list (.edl).',
    });
  const media = new Map<string, CutMedia>();
  const pictures = events.filter(({ channels, reel, transition }) => {
    if (/[VB]/.test(channels) && reel !== 'BL') return true;
    if (reel !== 'BL') losses.add('sound that is cut apart from the picture is left out');
    if (transition.startsWith('K')) losses.add('a key over the picture is left out');
    return false;
  });
  if (pictures.length === 0)
    throw new AppError('usage', 'the list holds sound alone', {
      doing: DOING,
      hint: 'Give one of the picture.',
    });
  const first = pictures.reduce(
    (least, { record }) => Math.min(least, record.frames),
    Number.POSITIVE_INFINITY,
  );
  const told = own && parseTimecode(own[1]!, rate);
  const start = told ?? { frames: startBefore(first, rate), drop: pictures[0]!.record.drop };
  const size = own ? { width: Number(own[3]), height: Number(own[4]) } : { width: 1920, height: 1080 };
  const items: CutItem[] = [];
  let at = start.frames;
  for (const event of pictures.sort((a, b) => a.record.frames - b.record.frames)) {
    const { record, frames } = event;
    if (record.frames < at) {
      losses.add('pictures that lie over others are left out');
      continue;
    }
    if (record.frames > at) items.push({ kind: 'gap', frames: record.frames - at });
    items.push(clipOf(event, rate, size, media, whole));
    at = record.frames + frames;
  }
  const locators = whole.filter(({ at }) => at >= start.frames);
  return {
    cut: {
      name: title,
      rate,
      start,
      ...size,
      media: Object.fromEntries([...media.values()].map((one) => [one.id, one])),
      items,
      markers: locators.map(({ at, ...marker }) => ({ ...marker, at: at - start.frames })),
    },
    losses: [...losses],
  };
}

/** A list says when its first picture comes, not when its timeline begins: on the hour before, unless that is long ago. */
function startBefore(first: number, rate: Rational): number {
  const second = nominalRate(rate);
  const since = first % (second * 3600);
  return since <= second * LONGEST_LEADER ? first - since : first;
}

function eventsOf(lines: readonly string[], rate: Rational, losses: Set<string>) {
  const events: (Event & { comments: string[] })[] = [];
  const whole: CutMarker[] = [];
  let title = 'Timeline';
  for (const line of lines) {
    const named = /^TITLE:\s*(.*?)\s*$/.exec(line);
    if (named) title = named[1] || title;
    const found = EVENT.exec(line);
    if (found) {
      const [, reel, channels, transition] = found;
      const [from, to, record, until] = found.slice(4).map((label) => labelOf(label, rate)) as Timecode[];
      const frames = until!.frames - record!.frames;
      if (frames <= 0) continue;
      if (to!.frames - from!.frames !== frames) losses.add('a change of speed is left out');
      if (transition !== 'C') losses.add('dissolves and wipes are read as cuts');
      events.push({
        ...{ reel: reel!, channels: channels!, transition: transition! },
        from: from!,
        record: record!,
        frames,
        comments: [],
      });
      continue;
    }
    const marker = /^\*\s?LOC: (\S+)\s+(\S+)\s*(.*)$/.exec(line);
    if (marker) {
      const { frames } = labelOf(marker[1]!, rate);
      whole.push({ at: frames, name: marker[3]!, note: '', colour: colourNamed(marker[2]!) });
    } else if (/^(\*|(FROM|TO) CLIP NAME:)/.test(line))
      events.at(-1)?.comments.push(line.replace(/^\*/, '').trim());
    else if (/^M2\s/.test(line)) losses.add('a change of speed is left out');
  }
  return { events, title, whole };
}

function labelOf(text: string, rate: Rational): Timecode {
  const label = parseTimecode(text, rate);
  if (label) return label;
  throw new AppError('usage', `${text} is no timecode at ${formatRational(rate)} frames a second`, {
    doing: DOING,
    hint: 'Say at which rate the list counts.',
  });
}

function clipOf(
  { reel, channels, transition, from, frames, comments, record }: Event,
  rate: Rational,
  size: { readonly width: number; readonly height: number },
  media: Map<string, CutMedia>,
  markers: CutMarker[],
): CutClip {
  const said = (word: string) =>
    comments
      .filter((line) => line.startsWith(`${word}:`))
      .map((line) => line.slice(word.length + 1).trim())
      .filter((text) => text !== '');
  const [path] = [...said('SOURCE FILE'), ...said('FROM FILE')];
  // A dissolve names what it comes from first.
  const [name = reel] = [...(transition === 'C' ? [] : said('TO CLIP NAME')), ...said('FROM CLIP NAME')];
  const own = /^(\S+) (\d+\/\d+) (\d+) (\d+)x(\d+)$/.exec(said('SOURCE')[0] ?? '');
  const ownRate = (own && parseRational(own[2]!)) || rate;
  const timecode = own && parseTimecode(own[1]!, ownRate);
  const key = path ?? `${reel} ${name}`;
  const known = media.get(key);
  const one: CutMedia = {
    id: known?.id ?? `media-${media.size + 1}`,
    name,
    path: path ?? name,
    rate: ownRate,
    frames: own ? Number(own[3]) : Math.max(known?.frames ?? 0, from.frames + frames),
    ...(own ? { width: Number(own[4]), height: Number(own[5]) } : size),
    timecode: timecode ?? { frames: 0, drop: from.drop },
    reel: reel === NO_REEL ? null : reel,
    sound: /^V$/.test(channels) ? null : { channels: channels === 'B' ? 1 : 2, sampleRate: 48_000 },
  };
  media.set(key, one);
  const begins = framesLast(from.frames - firstLabel(one, rate), rate);
  const inside = markers.filter(({ at }) => at >= record.frames && at < record.frames + frames);
  for (const marker of inside) markers.splice(markers.indexOf(marker), 1);
  return {
    kind: 'clip',
    name: said('SHOT')[0] ?? name,
    frames,
    sources: [{ media: one.id, name, from: compare(begins, ZERO) < 0 ? exact(0n) : begins }],
    shown: 0,
    note: said('COMMENT').join('\n'),
    markers: inside.map(({ at, ...marker }) => ({ ...marker, at: at - record.frames })),
  };
}
