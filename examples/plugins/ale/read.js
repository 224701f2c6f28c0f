/** Rates of broadcast, as logs round them. */
const BROADCAST = [24, 30, 48, 60, 120];

export function read(text, { name, rate }) {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n?|\n/);
  const at = (word) => lines.findIndex((line) => line.trim() === word);
  const [head, data] = [at('Column'), at('Data')];
  if (at('Heading') < 0 || head < 0 || data < head)
    throw new Error('this is no Avid log: it has no Heading, Column and Data');
  const heading = new Map(
    lines.slice(0, head).map((line) => [line.split('\t')[0].trim(), line.split('\t')[1]?.trim()]),
  );
  const columns = lines[head + 1].split('\t').map((one) => one.trim().toLowerCase());
  const rows = lines
    .slice(data + 1)
    .filter((line) => line.trim() !== '')
    .map((line) =>
      Object.fromEntries(line.split('\t').map((value, i) => [columns[i] ?? `column ${i}`, value.trim()])),
    );
  const losses = new Set();
  const own = exact(rows[0]?.['timeline rate']) ?? rateOf(heading.get('FPS')) ?? rate;
  const media = new Map();
  const items = [];
  let end = 0;
  for (const row of rows) {
    if (row.tracks && !/V/i.test(row.tracks)) {
      losses.add('sound without picture is left out');
      continue;
    }
    const one = mediaOf(row, own, media);
    const frames = Number(row['timeline frames']) || framesIn(row, one.rate, own);
    if (!(frames > 0)) {
      losses.add(`${row.name || one.name} has no length and is left out`);
      continue;
    }
    const begins = row['timeline in'] ? Number(row['timeline in']) : end;
    if (begins > end) items.push({ kind: 'gap', frames: begins - end });
    const sources = [{ media: one.id, name: one.name, in: row.start }];
    items.push({ kind: 'clip', name: row.name || one.name, frames, sources, note: row.comments ?? '' });
    end = Math.max(begins, end) + frames;
  }
  return {
    name: name.replace(/\.[^.]*$/, ''),
    rate: own,
    media: [...media.values()],
    items,
    losses: [...losses],
  };
}

/** Labels are those of the file: it is said to begin at nought, and Retake counts from the label that the file itself has. */
function mediaOf(row, own, media) {
  const name = row['source file'] || row['clip name'] || row.name;
  if (!name) throw new Error('a row names neither a file nor a clip');
  const id = `${name}\n${row.tape ?? ''}`;
  const one = media.get(id) ?? {
    ...{ id, name, reel: row.tape || null, timecode: '00:00:00:00' },
    rate: rateOf(row.fps) ?? own,
  };
  media.set(id, one);
  return one;
}

function exact(text) {
  const found = /^(\d+)\/(\d+)$/.exec(text ?? '');
  return found ? { n: found[1], d: found[2] } : null;
}

function rateOf(text) {
  const value = Number(text);
  if (!(value > 0)) return null;
  const near = BROADCAST.find((one) => Math.abs(value - (one * 1000) / 1001) < 0.006);
  if (near) return { n: String(near * 1000), d: '1001' };
  return Number.isInteger(value)
    ? { n: String(value), d: '1' }
    : { n: String(Math.round(value * 1000)), d: '1000' };
}

const number = ({ n, d }) => Number(n) / Number(d);

/** From label to label, at the rate of the file, in frames of the timeline. */
function framesIn({ start, end }, rate, own) {
  const frames = labelled(end, rate) - labelled(start, rate);
  return Math.round((frames / number(rate)) * number(own));
}

function labelled(text, rate) {
  const found = /^(\d+):(\d+):(\d+)([:;.])(\d+)$/.exec(text ?? '');
  if (!found) throw new Error(`"${text ?? ''}" is no timecode`);
  const [hours, minutes, seconds, frames] = [1, 2, 3, 5].map((i) => Number(found[i]));
  const whole = Math.round(number(rate));
  const all = (hours * 3600 + minutes * 60 + seconds) * whole + frames;
  if (found[4] === ':') return all;
  // Two labels a minute are skipped at 29.97, but not in each tenth.
  const tens = hours * 60 + minutes;
  return all - (whole / 15) * (tens - Math.floor(tens / 10));
}
