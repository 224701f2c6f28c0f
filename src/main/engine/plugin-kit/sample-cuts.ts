/** Cuts that every exporter meets sooner or later, each for one thing that is easily forgotten. */
import type { Cut, CutClip, CutItem, CutMedia, CutSource } from '../../../common/interchange/cut.ts';
import type { Rational } from '../../../common/media.ts';
import { framesLast } from '../../../common/time/exact.ts';
import { rational } from '../../../common/time/rational.ts';

const [FILM, PAL, NTSC, FAST] = [rational(24_000, 1001), rational(25), rational(30_000, 1001), rational(60)];

interface Sample {
  /** What is special about it. */
  readonly what: string;
  readonly cut: Cut;
}

const SOUND = { channels: 2, sampleRate: 48_000 };

function media(id: string, rate: Rational, more: Partial<CutMedia> = {}): CutMedia {
  const timecode = { frames: 3600 * Math.round(rate.num / rate.den), drop: false };
  return {
    ...{ id, name: `${id}.mov`, path: `/footage/${id}.mov`, rate, frames: 480, width: 1920, height: 1080 },
    ...{ timecode, reel: null, sound: SOUND },
    ...more,
  };
}

function source(of: CutMedia, from = 0, name = of.name): CutSource {
  return { media: of.id, name, from: framesLast(from, of.rate) };
}

function clip(
  name: string,
  frames: number,
  sources: readonly CutSource[],
  more: Partial<CutClip> = {},
): CutClip {
  return { kind: 'clip', name, frames, sources, shown: sources.length - 1, note: '', markers: [], ...more };
}

function cut(name: string, rate: Rational, files: readonly CutMedia[], items: readonly CutItem[]): Cut {
  const start = { frames: 0, drop: false };
  const known = Object.fromEntries(files.map((file) => [file.id, file]));
  return { ...{ name, rate, start, width: 1920, height: 1080, media: known, items, markers: [] } };
}

const gap = (frames: number): CutItem => ({ kind: 'gap', frames });

function samples(): readonly Sample[] {
  const street = media('street', PAL);
  const harbour = media('harbour', PAL, { reel: 'A004C012' });
  const take = media('take', PAL, { name: 'street take 3.mov', timecode: { frames: 90_000, drop: false } });
  const plain = cut(
    'Two shots',
    PAL,
    [street, harbour, take],
    [
      clip('Street', 48, [source(street, 10), source(take)], {
        note: 'source: a street\nprompt: a street in snow',
      }),
      clip('Harbour', 25, [source(harbour, 100)]),
    ],
  );

  const tape = media('tape', NTSC, { timecode: { frames: 107_892, drop: true }, sound: null });
  const dropFrame: Cut = {
    ...cut(
      'Drop frame',
      NTSC,
      [tape],
      [clip('Over the minute', 120, [source(tape, 0)]), clip('After', 30, [source(tape, 200)])],
    ),
    start: { frames: 107_892, drop: true },
  };

  const gaps = cut(
    'Gaps',
    PAL,
    [street],
    [gap(12), clip('Late', 25, [source(street)]), gap(1), clip('Later', 1, [source(street, 479)])],
  );

  const names = media('names', FILM, {
    name: '雨の街, "Szene" №5 🎬.mov',
    path: '/footage/雨の街, "Szene" №5 🎬.mov',
  });
  const awkward: Cut = {
    ...cut(
      'Čaj; "5 o’clock" — 午後',
      FILM,
      [names],
      [
        clip('雨の街, "Szene" №5 🎬', 24, [source(names, 3, '雨の街')], {
          note: 'one line\nanother, with "quotes"; <and> & more',
        }),
        clip('=SUM(A1:A9)', 24, [source(names, 60)]),
        clip('a'.repeat(200), 24, [source(names, 90)]),
      ],
    ),
    markers: [{ at: 5, name: 'hier', note: 'смотри сюда', colour: 'red' }],
  };

  const quick = media('quick', FAST, { timecode: null, sound: null });
  const pictures = media('render', FILM, {
    ...{ name: 'render.####.exr', path: '/footage/render/render.####.exr', timecode: null, sound: null },
  });
  const mixed = cut(
    'Other rates',
    FILM,
    [quick, pictures],
    [
      clip('Sixty a second', 24, [source(quick, 31)]),
      clip('Pictures', 48, [source(pictures, 7)], {
        markers: [{ at: 2, name: 'here', note: '', colour: null }],
      }),
    ],
  );

  const shot = media('long', PAL, { frames: 200_000 });
  const long = cut(
    'Five hundred shots',
    PAL,
    [shot],
    Array.from({ length: 500 }, (_, at) => clip(`Shot ${at + 1}`, 1 + (at % 48), [source(shot, at * 50)])),
  );

  return [
    { what: 'two shots, one with a take', cut: plain },
    { what: 'drop frame over a minute', cut: dropFrame },
    { what: 'gaps, and a shot of one frame', cut: gaps },
    { what: 'no takes, names in other scripts and with quotes', cut: awkward },
    { what: 'media of other rates, pictures, no timecode', cut: mixed },
    { what: 'five hundred shots', cut: long },
  ];
}

export const SAMPLE_CUTS: readonly Sample[] = samples();
