/** A cut for Shotcut: what is shown on one track, the other pictures on hidden ones. */
import { type Cut, cutLength, type WrittenCut } from '../cut.ts';
import { MARKER_HEX, markersOf } from '../markers.ts';
import { shownTrack, tracksOf } from '../tracks.ts';
import { element, writeXml } from '../xml.ts';
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

/** A grey that stands for none. */
const NO_COLOUR = '#c8c8c8';
/** What the program has no place for, and keeps. */
export const SHOT = 'retake:shot';
export const PICTURE = 'retake:picture';

export function writeShotcut(cut: Cut): WrittenCut {
  const frames = cutLength(cut);
  const shown = shownTrack(cut);
  const tracks = [shown, ...hiddenTracks(tracksOf(cut), shown)];
  // Each clip has its own producer, which bears its name and note.
  const ids = new Map(tracks.flat().map((clip, i) => [clip, `producer${i}`]));
  const playlists = tracks.map((track, i) =>
    element(
      'playlist',
      { id: `playlist${i}` },
      property('shotcut:video', 1),
      property('shotcut:name', `V${i + 1}`),
      ...entriesOf(cut, track, (clip) => ids.get(clip)!),
    ),
  );
  const root = element(
    'mlt',
    { LC_NUMERIC: 'C', version: MLT_VERSION, title: 'Shotcut version 22.12.21', producer: 'tractor0' },
    profileOf(cut),
    ...[...ids].map(([{ source, name, note }, id], i) =>
      producerOf(
        cut,
        cut.media[source.media]!,
        { id },
        property('shotcut:caption', i < shown.length ? name : `${name} · ${source.name}`),
        ...(note === '' ? [] : [property('shotcut:comment', note)]),
        property(SHOT, name),
        property(PICTURE, source.name),
        property('xml', 'was here'),
      ),
    ),
    blackOf('black', frames),
    element(
      'playlist',
      { id: 'background' },
      element('entry', { producer: 'black', in: 0, out: frames - 1 }),
    ),
    ...playlists,
    element(
      'tractor',
      { id: 'tractor0', title: 'Shotcut version 22.12.21', in: 0, out: frames - 1 },
      property('shotcut', 1),
      property('shotcut:projectAudioChannels', 2),
      element(
        'properties',
        { name: 'shotcut:markers' },
        ...markersOf(cut).map((one, i) =>
          element(
            'properties',
            { name: i },
            property('text', textOf(one)),
            property('start', one.at),
            property('end', one.at),
            property('color', one.colour === null ? NO_COLOUR : MARKER_HEX[one.colour]),
          ),
        ),
      ),
      element('track', { producer: 'background' }),
      ...tracks.map((_, i) => element('track', { producer: `playlist${i}`, hide: i === 0 ? null : 'both' })),
      ...tracks.flatMap((_, i) => [mixOf(0, i + 1), blendOf(0, i + 1)]),
    ),
  );
  return { text: writeXml(root), losses: lossesOf(cut) };
}
