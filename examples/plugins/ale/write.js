import { COLUMNS } from './columns.js';

/** Rows and cells are lines and tabs: nothing in a cell may be either. */
const cell = (value) =>
  String(value ?? '')
    .replace(/[\t\r\n]+/g, ' ')
    .trim();
const perSecond = ({ n, d }) => (d === '1' ? n : (Number(n) / Number(d)).toFixed(3).replace(/0+$/, ''));

export function write(timeline) {
  const media = new Map(timeline.media.map((one) => [one.id, one]));
  const losses = new Set();
  const rows = [];
  for (const clip of timeline.items) {
    if (clip.kind !== 'clip') continue;
    const source = clip.sources[clip.shown];
    const { name, reel, rate, sound } = media.get(source.media);
    if (clip.sources.length > 1) losses.add('a log holds one picture of each shot: the shown one');
    if (clip.markers.length > 0) losses.add('markers have no place in a log');
    rows.push([
      ...[clip.name, sound ? 'VA1A2' : 'V', source.in, source.out, reel, name, perSecond(rate), clip.note],
      ...[clip.at, clip.frames, `${timeline.rate.n}/${timeline.rate.d}`],
    ]);
  }
  if (timeline.markers.length > 0) losses.add('markers have no place in a log');
  const lines = [
    ...['Heading', 'FIELD_DELIM\tTABS', `VIDEO_FORMAT\t${timeline.height}`, 'AUDIO_FORMAT\t48khz'],
    ...[`FPS\t${perSecond(timeline.rate)}`, ''],
    ...['Column', COLUMNS.join('\t'), ''],
    ...['Data', ...rows.map((row) => row.map(cell).join('\t'))],
  ];
  return {
    files: [{ path: `${timeline.stem}.ale`, text: `${lines.join('\r\n')}\r\n` }],
    losses: [...losses],
  };
}
