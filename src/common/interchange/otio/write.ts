/**
 * OpenTimelineIO, as JSON by its schema. Two ways to write alternatives: media references of one clip, which keep everything and
 * which few programs read, or tracks above each other, which all read. Markers are written as Marker.2: readers before Marker.3
 * refuse the whole file.
 */
import type { Rational } from '../../media.ts';
import { add, type Exact, framesLast } from '../../time/exact.ts';
import { toNumber } from '../../time/rational.ts';
import type { Cut, CutMarker, CutMedia, CutSource, WrittenCut } from '../cut.ts';
import { toFileUrl } from '../file-url.ts';
import { type LaidClip, shownTrack, type Track, tracksOf } from '../tracks.ts';
import { ORIGINAL, OWN } from './own.ts';

export type OtioProfile = 'references' | 'tracks';

const time = (value: number, rate: Rational) => ({
  OTIO_SCHEMA: 'RationalTime.1',
  rate: toNumber(rate),
  value,
});
type Time = ReturnType<typeof time>;
const range = (start_time: Time, duration: Time) => ({ OTIO_SCHEMA: 'TimeRange.1', start_time, duration });

export function writeOtio(cut: Cut, profile: OtioProfile): WrittenCut {
  const tracks = tracksOf(cut);
  const shown = shownTrack(cut);
  const video =
    profile === 'references'
      ? [trackOf(cut, 'Video', 'V1', shown, (clip) => alternatives(cut, clip))]
      : tracks.map((clips, i) => trackOf(cut, 'Video', `V${i + 1}`, clips, (clip) => single(cut, clip)));
  const heard = shown.filter(({ source }) => cut.media[source.media]!.sound !== null);
  const audio = heard.length > 0 ? [trackOf(cut, 'Audio', 'A1', heard, (clip) => single(cut, clip))] : [];
  const timeline = {
    OTIO_SCHEMA: 'Timeline.1',
    metadata: { [OWN]: { width: cut.width, height: cut.height, drop: cut.start.drop } },
    name: cut.name,
    global_start_time: time(cut.start.frames, cut.rate),
    tracks: {
      OTIO_SCHEMA: 'Stack.1',
      metadata: {},
      name: 'tracks',
      source_range: null,
      effects: [],
      markers: cut.markers.map((marker) => markerOf(marker, time(marker.at, cut.rate), cut.rate)),
      enabled: true,
      children: [...video, ...audio],
    },
  };
  return { text: `${JSON.stringify(timeline, null, 2)}\n`, losses: [] };
}

function trackOf(
  cut: Cut,
  kind: 'Video' | 'Audio',
  name: string,
  clips: Track,
  media: (clip: LaidClip) => object,
): object {
  const children: object[] = [];
  let end = 0;
  for (const clip of clips) {
    if (clip.at > end) children.push(gapOf(clip.at - end, cut.rate));
    children.push(clipOf(cut, kind, clip, media(clip)));
    end = clip.at + clip.frames;
  }
  const base = { metadata: {}, name, source_range: null, effects: [], markers: [], enabled: true };
  return { OTIO_SCHEMA: 'Track.1', ...base, kind, children };
}

function gapOf(frames: number, rate: Rational): object {
  const base = { metadata: {}, name: '', effects: [], markers: [], enabled: true };
  return { OTIO_SCHEMA: 'Gap.1', ...base, source_range: range(time(0, rate), time(frames, rate)) };
}

function clipOf(cut: Cut, kind: 'Video' | 'Audio', clip: LaidClip, media: object): object {
  const { source, at, frames, enabled, markers, note, name } = clip;
  const of = cut.media[source.media]!;
  const begins = time(labelled(of, source.from), of.rate);
  const markAt = ({ at }: CutMarker) => labelled(of, add(source.from, framesLast(at, cut.rate)));
  return {
    OTIO_SCHEMA: 'Clip.2',
    // Programs look for a clip by the name of its file.
    name: of.name,
    source_range: range(begins, time(frames, cut.rate)),
    effects: [],
    markers:
      kind === 'Video'
        ? markers.map((marker) => markerOf(marker, time(markAt(marker), of.rate), cut.rate))
        : [],
    enabled,
    ...media,
    metadata: {
      [OWN]: { name, note, source: source.name },
      // Picture and sound of one time belong together.
      Resolve_OTIO: { 'Link Group ID': at + 1, ...(note === '' ? {} : { Note: note }) },
    },
  };
}

/** Times of media count from the label of its first frame. */
function labelled({ rate, timecode }: CutMedia, { num, den }: Exact): number {
  return (timecode?.frames ?? 0) + Number(num * BigInt(rate.num)) / Number(den * BigInt(rate.den));
}

function single(cut: Cut, { source }: LaidClip): object {
  return {
    media_references: { [ORIGINAL]: referenceOf(cut, source) },
    active_media_reference_key: ORIGINAL,
  };
}

function alternatives(cut: Cut, clip: LaidClip): object {
  const item = cut.items.find((one) => one.kind === 'clip' && one.sources.includes(clip.source));
  const sources = item?.kind === 'clip' ? item.sources : [clip.source];
  const key = (i: number) => (i === 0 ? ORIGINAL : `${OWN}-${i}`);
  return {
    media_references: Object.fromEntries(sources.map((source, i) => [key(i), referenceOf(cut, source)])),
    active_media_reference_key: key(sources.indexOf(clip.source)),
  };
}

function referenceOf(cut: Cut, source: CutSource): object {
  const { name, path, rate, frames, timecode, reel, width, height, sound } = cut.media[source.media]!;
  const { num, den } = source.from;
  return {
    OTIO_SCHEMA: 'ExternalReference.1',
    metadata: {
      [OWN]: {
        ...{ name: source.name, reel, width, height, sound, from: `${num}/${den}` },
        timecode: timecode && { drop: timecode.drop },
      },
    },
    name,
    available_range: range(time(timecode?.frames ?? 0, rate), time(frames, rate)),
    available_image_bounds: null,
    target_url: toFileUrl(path),
  };
}

function markerOf({ name, note, colour }: CutMarker, at: Time, rate: Rational): object {
  const marked_range = range(at, time(1, rate));
  // Resolve has its notes there.
  const metadata = { [OWN]: { colour }, ...(note === '' ? {} : { Resolve_OTIO: { Note: note } }) };
  const color = (colour ?? 'red').toUpperCase();
  return { OTIO_SCHEMA: 'Marker.2', metadata, name, marked_range, color, comment: note };
}
