/** Cuts of every kind, and what two of them have in common. */
import fc from 'fast-check';
import {
  type Cut,
  type CutClip,
  type CutItem,
  type CutMarker,
  type CutMedia,
  cutLength,
  placedItems,
  type ReadCut,
  shownSource,
} from '../../src/common/interchange/cut.ts';
import { readEdl } from '../../src/common/interchange/edl.ts';
import { readFcpxml } from '../../src/common/interchange/fcpxml/read.ts';
import type { FcpxmlVersion } from '../../src/common/interchange/formats.ts';
import { markersOf } from '../../src/common/interchange/markers.ts';
import { readMlt } from '../../src/common/interchange/mlt/read.ts';
import { readOtio } from '../../src/common/interchange/otio/read.ts';
import { readerOf } from '../../src/common/interchange/read.ts';
import { timelineFormat } from '../../src/common/interchange/registry.ts';
import { readXmeml } from '../../src/common/interchange/xmeml/read.ts';
import type { Rational } from '../../src/common/media.ts';
import { MARKER_COLOURS } from '../../src/common/project/document.ts';
import { exact, frameAt, framesLast, subtract } from '../../src/common/time/exact.ts';
import { rational } from '../../src/common/time/rational.ts';
import { formatTimecode, nominalRate } from '../../src/common/time/timecode.ts';

/** Rates that editors cut at, and whether their labels may drop. */
const CUT_RATES: readonly (readonly [Rational, boolean])[] = [
  [rational(24_000, 1001), false],
  [rational(24), false],
  [rational(25), false],
  [rational(30_000, 1001), true],
  [rational(30_000, 1001), false],
  [rational(30), false],
  [rational(50), false],
  [rational(60_000, 1001), true],
  [rational(60_000, 1001), false],
];

/** Of each format, so that all of them together say more than two thousand timelines. */
export const CUT_RUNS = 250;

export async function writtenAs(format: string, cut: Cut, fcpxml: FcpxmlVersion = '1.10'): Promise<string> {
  const { files } = await timelineFormat(format, 'writing a test').write(cut, {
    ...{ stem: 'cut', place: () => null, fcpxml, params: {} },
  });
  const [file] = files;
  return file && 'text' in file ? file.text : '';
}

export async function readAny(text: string, rate: Rational): Promise<Cut> {
  return (await readerOf(text, 'cut').read(text, { name: 'cut', rate })).cut;
}

/** What reads each format; a list of edits does not say its rate. */
export function readersAt(rate: Rational): Readonly<Record<string, (text: string) => ReadCut>> {
  return {
    fcpxml: readFcpxml,
    resolve: readFcpxml,
    xmeml: readXmeml,
    otio: readOtio,
    'otio-tracks': readOtio,
    edl: (text) => readEdl(text, { rate }),
    kdenlive: readMlt,
    shotcut: readMlt,
  };
}

export interface CutsOptions {
  /** Media of other rates than the cut's; by default. */
  readonly mixed?: boolean;
  /** More than one picture a clip; by default. */
  readonly alternates?: boolean;
}

/** Names as people give them, quotes, brackets and other scripts; none that no file could have. */
const names = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 24 })
  .map((text) => text.replace(/[/\\\p{Cc}\p{Cs}\u2028\u2029]/gu, '-').trim() || 'shot');

const endings = fc.constantFrom('.mov', '.mp4', '.mxf');

export function cuts({ mixed = true, alternates = true }: CutsOptions = {}): fc.Arbitrary<Cut> {
  return fc.constantFrom(...CUT_RATES).chain(([rate, drop]) =>
    mediaOf(rate, drop, mixed).chain((media) =>
      fc
        .record({
          name: names,
          hour: fc.nat(22),
          size: fc.constantFrom([1920, 1080], [1280, 720], [640, 360], [1080, 1920]),
          items: fc.array(itemOf(media, alternates), { minLength: 1, maxLength: 8 }),
          markers: markersBelow(480),
        })
        .map(({ name, hour, size, items, markers }) => ({
          name,
          rate,
          start: { frames: labelled(hour, rate, drop), drop },
          ...{ width: size[0]!, height: size[1]! },
          media: Object.fromEntries(media.map((one) => [one.id, one])),
          items: playable(items, media),
          markers,
        }))
        .map((cut) => ({ ...cut, markers: cut.markers.filter(({ at }) => at < cutLength(cut)) })),
    ),
  );
}

/** Frames of a label on the hour. */
function labelled(hour: number, rate: Rational, drop: boolean): number {
  const perHour = nominalRate(rate) * 3600 - (drop ? (nominalRate(rate) / 15) * 54 : 0);
  return hour * perHour;
}

function mediaOf(rate: Rational, drop: boolean, mixed: boolean): fc.Arbitrary<CutMedia[]> {
  const rates = mixed
    ? fc.oneof(fc.constant([rate, drop] as const), fc.constantFrom(...CUT_RATES))
    : fc.constant([rate, drop] as const);
  const one = fc.record({
    stem: names,
    ending: endings,
    rate: rates,
    frames: fc.integer({ min: 200, max: 5000 }),
    hour: fc.option(fc.nat(20)),
    reel: fc.option(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,7}$/)),
    sound: fc.option(fc.record({ channels: fc.constantFrom(1, 2, 6), sampleRate: fc.constant(48_000) })),
  });
  return fc.array(one, { minLength: 1, maxLength: 4 }).map((all) =>
    all.map(({ stem, ending, rate: [own, ownDrop], frames, hour, reel, sound }, i) => ({
      id: `media-${i + 1}`,
      name: `${stem} ${i + 1}${ending}`,
      path: `/footage/day ${i % 2}/${stem} ${i + 1}${ending}`,
      rate: own,
      frames,
      ...{ width: 1920, height: 1080 },
      timecode: hour === null ? null : { frames: labelled(hour, own, ownDrop) + 7, drop: ownDrop },
      reel,
      sound,
    })),
  );
}

/** In order, one a frame. */
function markersBelow(frames: number): fc.Arbitrary<CutMarker[]> {
  const marker = fc.record({
    at: fc.nat(frames - 1),
    name: names,
    note: fc.constant(''),
    colour: fc.option(fc.constantFrom(...MARKER_COLOURS)),
  });
  return fc
    .uniqueArray(marker, { maxLength: 2, selector: ({ at }) => at })
    .map((all) => all.sort((a, b) => a.at - b.at));
}

function itemOf(media: readonly CutMedia[], alternates: boolean): fc.Arbitrary<CutItem> {
  const gap = fc.record({ kind: fc.constant('gap' as const), frames: fc.integer({ min: 1, max: 90 }) });
  const sources = fc.array(fc.tuple(fc.nat(media.length - 1), fc.nat(99)), {
    minLength: 1,
    maxLength: alternates ? 3 : 1,
  });
  const clip = fc
    .record({
      name: names,
      frames: fc.integer({ min: 1, max: 60 }),
      sources: fc.uniqueArray(sources, { minLength: 1, maxLength: 1 }).map(([one]) => one!),
      shown: fc.nat(2),
      note: fc.array(names, { maxLength: 2 }),
      markers: markersBelow(60),
    })
    .map(({ name, frames, sources, shown, note, markers }): CutClip => {
      const own = sources.map(([index, start]) => {
        const one = media[index]!;
        return { media: one.id, name: one.name, from: framesLast(start, one.rate) };
      });
      // No file twice in one clip.
      const each = own.filter((one, i) => own.findIndex(({ media }) => media === one.media) === i);
      return {
        kind: 'clip',
        name,
        frames,
        sources: each,
        shown: shown % each.length,
        note: note.join('\n'),
        markers: markers.filter(({ at }) => at < frames),
      };
    });
  return fc.oneof({ weight: 1, arbitrary: gap }, { weight: 4, arbitrary: clip });
}

/** Two gaps beside each other are one, and there is always a clip, at the end too. */
function playable(items: readonly CutItem[], [first]: readonly CutMedia[]): CutItem[] {
  const clip: CutClip = {
    ...{ kind: 'clip', name: 'last', frames: 3, shown: 0, note: '', markers: [] },
    sources: [{ media: first!.id, name: first!.name, from: exact(0n) }],
  };
  const all = items.at(-1)?.kind === 'clip' ? items : [...items, clip];
  return all.filter((item, i) => !(item.kind === 'gap' && all[i - 1]?.kind === 'gap'));
}

/** What is on the screen: when, of which file, from which label and frame of it on. */
export interface Seen {
  readonly at: number;
  readonly frames: number;
  readonly path: string;
  readonly name: string;
  /** Frame of the media that is seen first. */
  readonly from: number;
}

export function seenIn(cut: Cut): Seen[] {
  return [...placedItems(cut)].flatMap(({ item, at }) => {
    if (item.kind === 'gap') return [];
    const source = shownSource(item);
    const media = cut.media[source.media]!;
    return [
      { at, frames: item.frames, path: media.path, name: item.name, from: frameAt(source.from, media.rate) },
    ];
  });
}

/** Seconds between the first frames that two cuts see of their files, clip by clip. */
export function apart(a: Cut, b: Cut): number[] {
  const [mine, others] = [a, b].map((cut) =>
    cut.items.flatMap((item) => (item.kind === 'clip' ? [shownSource(item).from] : [])),
  );
  return mine!.map((from, i) => {
    const { num, den } = subtract(from, others![i]!);
    return Math.abs(Number(num) / Number(den));
  });
}

export function startOf({ start, rate }: Cut): string {
  return formatTimecode(start, rate);
}

/** Where on the timeline its markers stand, whatever they are on. */
export function marksIn(
  cut: Cut,
  { colours = true }: { readonly colours?: boolean } = {},
): (Omit<CutMarker, 'colour'> & Partial<Pick<CutMarker, 'colour'>>)[] {
  return markersOf(cut).map(({ colour, ...one }) => (colours ? { ...one, colour } : one));
}

/** All that a cut says, whatever its media are called within it; of media only what is used, and no markers. */
export function plain(cut: Cut) {
  const { media, items, markers: _, ...rest } = cut;
  const described = ({ id: _, ...one }: CutMedia) => one;
  return {
    ...rest,
    start: startOf(cut),
    items: items.map((item) =>
      item.kind === 'gap'
        ? item
        : {
            ...item,
            markers: [],
            sources: item.sources.map((source) => ({
              ...described(media[source.media]!),
              take: source.name,
              from: `${source.from.num}/${source.from.den}`,
            })),
          },
    ),
  };
}

/** The same cut, where every clip begins on a frame of its media: the one that is seen first. */
export function onItsFrames(cut: Cut): Cut {
  const items = cut.items.map((item): CutItem => {
    if (item.kind === 'gap') return item;
    const sources = item.sources.map((source) => {
      const { rate } = cut.media[source.media]!;
      return { ...source, from: framesLast(frameAt(source.from, rate), rate) };
    });
    return { ...item, sources };
  });
  return { ...cut, items };
}
