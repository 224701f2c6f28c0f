/** A cut for Shotcut: what is shown on one track, the other pictures on hidden ones. */
import { type Cut, cutLength, type WrittenCut } from '../cut.ts';
import { shownTrack, tracksOf } from '../tracks.ts';
import { element, writeXml } from '../xml.ts';
import { hiddenTracks, lossesOf } from './hidden.ts';
import {
  blackOf,
  blendOf,
  entriesOf,
  MLT_VERSION,
  markersOf,
  mixOf,
  producerOf,
  profileOf,
  property,
} from './parts.ts';

export function writeShotcut(cut: Cut): WrittenCut {
  const frames = cutLength(cut);
  const media = Object.values(cut.media);
  const ids = new Map(media.map((one, i) => [one.id, `producer${i}`]));
  const shown = shownTrack(cut);
  const tracks = [shown, ...hiddenTracks(tracksOf(cut), shown)];
  const playlists = tracks.map((track, i) =>
    element(
      'playlist',
      { id: `playlist${i}` },
      property('shotcut:video', 1),
      property('shotcut:name', `V${i + 1}`),
      ...entriesOf(cut, track, ({ id }) => ids.get(id)!),
    ),
  );
  const root = element(
    'mlt',
    { LC_NUMERIC: 'C', version: MLT_VERSION, title: 'Shotcut version 22.12.21', producer: 'tractor0' },
    profileOf(cut),
    ...media.map((one) =>
      producerOf(
        cut,
        one,
        { id: ids.get(one.id)! },
        property('shotcut:caption', one.name),
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
        ...markersOf(cut).map(({ at, text }, i) =>
          element(
            'properties',
            { name: i },
            property('text', text),
            property('start', at),
            property('end', at),
            property('color', '#e0a030'),
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
