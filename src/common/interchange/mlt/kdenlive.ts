/** A cut for Kdenlive: its picture and sound on tracks of their own, the other pictures on hidden tracks, all files in its bin. */
import { MARKER_COLOURS } from '../../project/document.ts';
import { type Cut, type CutMedia, cutLength, type WrittenCut } from '../cut.ts';
import { MARKER_HEX, markersOf } from '../markers.ts';
import { shownTrack, type Track, tracksOf } from '../tracks.ts';
import { type Element, element, writeXml } from '../xml.ts';
import { hiddenTracks, lossesOf } from './hidden.ts';
import {
  blackOf,
  blendOf,
  entriesOf,
  MLT_VERSION,
  mixOf,
  producerOf,
  profileOf,
  property,
  textOf,
} from './parts.ts';

/** Kinds of guides, by their number: our colours, and those of none. */
const CATEGORIES = [
  { color: '#c8c8c8', comment: 'Marker', index: 0 },
  ...MARKER_COLOURS.map((colour, i) => ({ color: MARKER_HEX[colour], comment: colour, index: i + 1 })),
];

/** Of the documents that Kdenlive has written since it knows several timelines. */
const DOCUMENT_VERSION = '1.1';
/** Of the timeline; any will do, and one file holds one. */
const TIMELINE = '{5e7a4e00-0000-4000-8000-000000000001}';
/** The bin's folders take the lower ones. */
const FIRST_ID = 4;

interface Row {
  readonly id: string;
  readonly kind: 'audio' | 'video' | 'hidden';
  readonly clips: Track;
}

export function writeKdenlive(cut: Cut): WrittenCut {
  const frames = cutLength(cut);
  const media = Object.values(cut.media);
  const numbers = new Map(media.map((one, i) => [one.id, FIRST_ID + i]));
  const named = ({ id }: CutMedia) => property('kdenlive:id', numbers.get(id)!);
  const shown = shownTrack(cut);
  const heard = shown.filter(({ source }) => cut.media[source.media]!.sound !== null);
  const rows: Row[] = [
    ...(heard.length > 0 ? [{ id: 'sound', kind: 'audio' as const, clips: heard }] : []),
    { id: 'picture', kind: 'video', clips: shown },
    ...hiddenTracks(tracksOf(cut), shown).map((clips, i) => ({
      id: `hidden${i}`,
      kind: 'hidden' as const,
      clips,
    })),
  ];
  // Kdenlive gives each track its own producers, so that their sound or picture can be off.
  const producers = rows.flatMap(({ id, kind, clips }) => {
    const used = media.filter((one) => clips.some(({ source }) => source.media === one.id));
    return used.map((one) =>
      producerOf(
        cut,
        one,
        { id: `${id}:${one.id}`, sees: kind !== 'audio', hears: kind === 'audio' },
        named(one),
      ),
    );
  });
  const tracks = rows.flatMap((row) => [
    element(
      'playlist',
      { id: `${row.id}.clips` },
      ...(row.kind === 'audio' ? [property('kdenlive:audio_track', 1)] : []),
      ...entriesOf(
        cut,
        row.clips,
        ({ source }) => `${row.id}:${source.media}`,
        ({ source }) => [named(cut.media[source.media]!)],
      ),
    ),
    element(
      'playlist',
      { id: `${row.id}.more` },
      ...(row.kind === 'audio' ? [property('kdenlive:audio_track', 1)] : []),
    ),
    trackOf(row, frames),
  ]);
  const root = element(
    'mlt',
    { LC_NUMERIC: 'C', version: MLT_VERSION, producer: 'main_bin' },
    profileOf(cut),
    blackOf('black', frames),
    ...producers,
    ...tracks,
    sequenceOf(cut, rows, frames),
    ...media.map((one) =>
      producerOf(
        cut,
        one,
        { id: `file:${one.id}` },
        named(one),
        property('kdenlive:clipname', one.name),
        ...describing(shown, one),
      ),
    ),
    element(
      'playlist',
      { id: 'main_bin' },
      property('kdenlive:docproperties.uuid', TIMELINE),
      property('kdenlive:docproperties.activetimeline', TIMELINE),
      property('kdenlive:docproperties.opensequences', TIMELINE),
      property('kdenlive:docproperties.version', DOCUMENT_VERSION),
      property('kdenlive:docproperties.guidesCategories', JSON.stringify(CATEGORIES)),
      property('xml_retain', 1),
      element('entry', { producer: TIMELINE, in: 0, out: frames - 1 }),
      ...media.map((one) => element('entry', { producer: `file:${one.id}` })),
    ),
    element(
      'tractor',
      { id: 'project', in: 0, out: frames - 1 },
      property('kdenlive:projectTractor', 1),
      element('track', { producer: TIMELINE, in: 0, out: frames - 1 }),
    ),
  );
  const losses = lossesOf(cut);
  if (shown.some(({ note }) => note !== ''))
    losses.push('notes of shots are descriptions of their files in the bin');
  return { text: writeXml(root), losses: [...losses, 'clips on the timeline are called as their files'] };
}

/** What the bin says of a file: the shots that show it, and their notes. */
function describing(shown: Track, { id }: CutMedia): Element[] {
  const said = shown
    .filter(({ source }) => source.media === id)
    .map(({ name, note }) => (note === '' ? name : `${name}: ${note.replaceAll('\n', '; ')}`));
  return said.length === 0 ? [] : [property('kdenlive:description', [...new Set(said)].join(' | '))];
}

function trackOf({ id, kind }: Row, frames: number): Element {
  const hide = { audio: 'video', video: 'audio', hidden: 'both' }[kind];
  return element(
    'tractor',
    { id: `${id}.track`, in: 0, out: frames - 1 },
    ...(kind === 'audio' ? [property('kdenlive:audio_track', 1)] : []),
    property('kdenlive:track_name', { audio: 'Sound', video: 'Picture', hidden: 'Other takes' }[kind]),
    element('track', { producer: `${id}.clips`, hide }),
    element('track', { producer: `${id}.more`, hide }),
  );
}

function sequenceOf(cut: Cut, rows: readonly Row[], frames: number): Element {
  const guides = markersOf(cut).map((one) => ({
    comment: textOf(one),
    pos: one.at,
    type: one.colour === null ? 0 : MARKER_COLOURS.indexOf(one.colour) + 1,
  }));
  return element(
    'tractor',
    { id: TIMELINE, in: 0, out: frames - 1 },
    property('kdenlive:uuid', TIMELINE),
    property('kdenlive:clipname', cut.name),
    property('kdenlive:sequenceproperties.hasAudio', rows.some(({ kind }) => kind === 'audio') ? 1 : 0),
    property('kdenlive:sequenceproperties.hasVideo', 1),
    property('kdenlive:sequenceproperties.tracksCount', rows.length),
    property('kdenlive:sequenceproperties.groups', JSON.stringify(groupsOf(rows))),
    property('kdenlive:sequenceproperties.guides', JSON.stringify(guides)),
    element('track', { producer: 'black' }),
    ...rows.map(({ id }) => element('track', { producer: `${id}.track` })),
    ...rows.flatMap(({ kind }, i) => (kind === 'audio' ? [mixOf(0, i + 1)] : [blendOf(0, i + 1)])),
  );
}

/** Picture and sound of one time move together. */
function groupsOf(rows: readonly Row[]): object[] {
  const sound = rows.findIndex(({ kind }) => kind === 'audio');
  const picture = rows.findIndex(({ kind }) => kind === 'video');
  if (sound < 0) return [];
  const leaf = (row: number, at: number) => ({ data: `${row}:${at}`, leaf: 'clip', type: 'Leaf' });
  return rows[sound]!.clips.map(({ at }) => ({
    children: [leaf(sound, at), leaf(picture, at)],
    type: 'AVSplit',
  }));
}
