// @ts-check
/** A shot list: a line for each shot, with its timecodes. */

/** @type {import('./.retake/index').Exporter} */
const shots = {
  write(timeline, { notes }) {
    const header = ['shot', 'in', 'out', 'frames', 'file', 'prompt', ...(notes ? ['note'] : [])];
    const media = new Map(timeline.media.map((one) => [one.id, one]));
    const rows = timeline.items.flatMap((item) => {
      if (item.kind === 'gap') return [];
      const source = item.sources[item.shown];
      const file = source ? (media.get(source.media)?.name ?? '') : '';
      const prompt = source?.take?.prompts.target ?? '';
      return [[item.name, item.in, item.out, item.frames, file, prompt, ...(notes ? [item.note] : [])]];
    });
    const text = [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
    const gaps = timeline.items.some(({ kind }) => kind === 'gap');
    return {
      files: [{ path: `${timeline.stem}.csv`, text }],
      losses: gaps ? ['gaps are not listed'] : [],
    };
  },
};

/** Quotes around what a comma, a quote or a new line would cut. @param {string | number} value */
function cell(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @type {import('./.retake/index').Plugin} */
export default { exporters: { shots } };
