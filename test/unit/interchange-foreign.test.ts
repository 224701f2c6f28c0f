/** Habits of other programs' timelines, each in a few lines of its own. */
import { describe, expect, it } from 'vitest';
import { shownSource } from '../../src/common/interchange/cut.ts';
import { readEdl } from '../../src/common/interchange/edl.ts';
import { readFcpxml } from '../../src/common/interchange/fcpxml/read.ts';
import { readMlt } from '../../src/common/interchange/mlt/read.ts';
import { readOtio } from '../../src/common/interchange/otio/read.ts';
import { rational } from '../../src/common/time/rational.ts';
import { marksIn, seenIn, startOf } from '../helpers/cuts.ts';

const RATE = { rate: rational(24) };
const list = (...lines: string[]) =>
  readEdl(['TITLE: x', 'FCM: NON-DROP FRAME', ...lines].join('\n'), RATE).cut;

describe('edit decision lists', () => {
  it('have names after two spaces, without a space after the star, or without a star', () => {
    const event = (n: number) =>
      `00${n}  AX V     C        00:00:00:00 00:00:01:00 01:00:0${n}:00 01:00:0${n + 1}:00`;
    const cut = list(
      event(0),
      '* FROM CLIP NAME:  two spaces.mov',
      event(1),
      '*FROM CLIP NAME: star.mov',
      event(2),
      'FROM CLIP NAME: none.mov',
      event(3),
      '* FROM FILE: S:\\shots\\file.mov',
    );
    expect(seenIn(cut).map(({ path }) => path)).toEqual([
      'two spaces.mov',
      'star.mov',
      'none.mov',
      'S:\\shots\\file.mov',
    ]);
  });

  it('name what a dissolve comes from before what it goes to', () => {
    const cut = list(
      '001  A V     C        00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00',
      '* FROM CLIP NAME: a.mov',
      '002  A V     C        00:00:01:00 00:00:01:00 01:00:01:00 01:00:01:00',
      '002  B V     D    010 00:00:05:00 00:00:06:00 01:00:01:00 01:00:02:00',
      '* FROM CLIP NAME: a.mov',
      '* TO CLIP NAME: b.mov',
    );
    expect(seenIn(cut).map(({ path }) => path)).toEqual(['a.mov', 'b.mov']);
  });

  it.each([
    ['01:00:02:00', '01:00:03:00', '01:00:00:00', 48],
    ['00:59:53:11', '00:59:54:11', '00:59:53:11', 0],
  ])('that begin at %s begin on the hour only where that is near', (at, to, start, first) => {
    const cut = list(`001  AX V     C        00:00:00:00 00:00:01:00 ${at} ${to}`, '* FROM CLIP NAME: a.mov');
    expect([startOf(cut), seenIn(cut)[0]!.at]).toEqual([start, first]);
  });

  it('of sound alone are refused by name', () => {
    expect(() => list('001  AX A     C        00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00')).toThrow(
      'sound alone',
    );
  });

  it('have markers with colours, some without a name', () => {
    const cut = list(
      '001  AX V     C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00',
      '*LOC: 01:00:00:12 GREEN',
      '* LOC: 01:00:01:00 PINK     fix',
    );
    expect(marksIn(cut).map(({ at, name, colour }) => [at, name, colour])).toEqual([
      [12, '', 'green'],
      [24, 'fix', 'red'],
    ]);
  });
});

describe('OpenTimelineIO', () => {
  const time = (value: number) => ({ OTIO_SCHEMA: 'RationalTime.1', rate: 24, value });
  const range = (from: number, frames: number) => ({ start_time: time(from), duration: time(frames) });
  const timeline = (...children: object[]) =>
    readOtio(
      JSON.stringify({
        OTIO_SCHEMA: 'Timeline.1',
        name: 'x',
        tracks: { children: [{ OTIO_SCHEMA: 'Track.1', kind: 'Video', children }] },
      }),
    ).cut;

  it('shows the active one of two references to the same file', () => {
    const reference = (from: number) => ({
      ...{ OTIO_SCHEMA: 'ExternalReference.1', name: 'a', target_url: 'file:///a.mov' },
      metadata: {
        retake: {
          ...{ name: `from ${from}`, reel: null, width: 64, height: 48, sound: null },
          ...{ from: `${from}/1`, timecode: null },
        },
      },
    });
    const clip = (active: string) => ({
      ...{ OTIO_SCHEMA: 'Clip.2', name: 'a', source_range: range(0, 24), active_media_reference_key: active },
      media_references: { DEFAULT_MEDIA: reference(0), other: reference(5) },
    });
    for (const [active, name] of [
      ['DEFAULT_MEDIA', 'from 0'],
      ['other', 'from 5'],
    ] as const) {
      const [item] = timeline(clip(active)).items;
      expect(item?.kind === 'clip' && shownSource(item).name).toBe(name);
    }
  });

  it('names sequences of pictures by their parts, and colours as objects', () => {
    const cut = timeline({
      ...{ OTIO_SCHEMA: 'Clip.2', name: 'a', source_range: range(0, 24) },
      media_reference: {
        ...{
          OTIO_SCHEMA: 'ImageSequenceReference.1',
          target_url_base: 'file:///shots/',
          name_suffix: '.exr',
        },
        ...{ name_prefix: 'sea.', frame_zero_padding: 4, start_frame: 1001 },
      },
      markers: [
        {
          ...{
            OTIO_SCHEMA: 'Marker.3',
            name: 'm',
            marked_range: range(3, 1),
            color: { name: 'PURPLE', r: 1 },
          },
          metadata: { Resolve_OTIO: { Note: 'said' } },
        },
      ],
    });
    expect(seenIn(cut)[0]!.path).toBe('/shots/sea.####.exr');
    expect(marksIn(cut)).toEqual([{ at: 3, name: 'm', note: 'said', colour: 'purple' }]);
  });
});

it('markers of Final Cut stand on gaps too, and are chapters sometimes', () => {
  const { cut } = readFcpxml(`<fcpxml version="1.10"><resources>
    <format id="r1" frameDuration="1/25s" width="64" height="48"/>
    <asset id="a1" name="a" start="0s" duration="4s" hasVideo="1" format="r1"><media-rep src="file:///a.mov"/></asset>
    </resources><project><sequence format="r1" tcStart="3600s"><spine>
    <gap offset="3600s" start="10s" duration="1s"><marker start="254/25s" value="in the gap"/></gap>
    <asset-clip ref="a1" offset="3601s" start="1s" duration="2s"><chapter-marker start="2s" value="chapter"/></asset-clip>
    </spine></sequence></project></fcpxml>`);
  expect(marksIn(cut).map(({ at, name }) => [at, name])).toEqual([
    [4, 'in the gap'],
    [50, 'chapter'],
  ]);
});

it('Shotcut calls a clip by its caption, and Kdenlive colours guides by their kind', () => {
  const producer = (more: string) =>
    `<producer id="p" in="0" out="99"><property name="resource">/a.mov</property>
     <property name="mlt_service">avformat</property><property name="length">100</property>${more}</producer>`;
  const playlist = '<playlist id="l"><entry producer="p" in="0" out="9"/></playlist>';
  const profile = '<profile frame_rate_num="25" frame_rate_den="1" width="64" height="48"/>';
  const shotcut = readMlt(
    `<mlt>${profile}${producer('<property name="shotcut:caption">Beach</property>')}${playlist}
     <tractor id="t"><property name="shotcut">1</property><track producer="l"/></tractor></mlt>`,
  ).cut;
  expect(seenIn(shotcut)[0]!.name).toBe('Beach');
  const categories =
    '[{"color":"#9b59b6","comment":"x","index":0},{"color":"#3daee9","comment":"y","index":1}]';
  const kdenlive = readMlt(
    `<mlt>${profile}${producer('')}${playlist}<playlist id="main_bin">
     <property name="kdenlive:docproperties.guidesCategories">${categories}</property></playlist>
     <tractor id="t"><property name="kdenlive:sequenceproperties.guides">[{"comment":"g","pos":4,"type":1},{"pos":"no"}]</property>
     <track producer="l"/></tractor></mlt>`,
  ).cut;
  expect(marksIn(kdenlive)).toEqual([{ at: 4, name: 'g', note: '', colour: 'blue' }]);
});
