// @ts-check
/**
 * Opens a list of shots. The first line names the columns; then a line for each shot, with tabs between:
 *
 *     name	file	in	frames
 *     Street	street.mov	01:00:02:00	48
 */

/** @type {import('./.retake/index').Importer} */
const shots = {
  read(text, { name, rate }) {
    const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
    if (header !== COLUMNS.join('\t')) throw new Error(`the first line must be: ${COLUMNS.join(', ')}, with tabs between`);
    /** @type {Map<string, import('./.retake/index').GivenMedia>} */
    const media = new Map();
    const items = lines.map((line, at) => {
      const [shot = '', file = '', start = '', length = ''] = line.split('\t');
      const frames = Number(length);
      if (file === '' || !Number.isInteger(frames) || frames < 1)
        throw new Error(`line ${at + 2} must name a file and a whole number of frames`);
      media.set(file, { id: file, name: file, rate, timecode: '00:00:00:00' });
      return { kind: /** @type {const} */ ('clip'), name: shot, frames, sources: [{ media: file, in: start }] };
    });
    return { name: name.replace(/\.[^.]*$/, ''), rate, media: [...media.values()], items };
  },
};

const COLUMNS = ['name', 'file', 'in', 'frames'];

/** @type {import('./.retake/index').Plugin} */
export default { importers: { shots } };
