/** Contact sheets: one row per method, frames across; above them the source and the true answer. */
import { AppError } from '../../src/common/errors.ts';
import { type Edit, readPictures } from './heldout.ts';
import { writePng } from './pictures.ts';
import type { Place } from './plan.ts';
import type { Bench } from './runs.ts';

export interface Row {
  readonly label: string;
  readonly frames: readonly Uint8Array[];
}

const GAP = 4;
const LABEL_WIDTH = 228;
const BACKGROUND = [0x16, 0x18, 0x1d] as const;

/** Places of rendered edits, edit by edit; shots asked for themselves are left out. */
export function byEdit(places: readonly Place[]): Map<Edit, Place[]> {
  return Map.groupBy(
    places.filter(({ edit }) => edit.kind !== 'same'),
    ({ edit }) => edit,
  );
}

/** Rows of one edit, whose runs are all kept. */
export async function rowsOf(bench: Bench, places: readonly Place[]): Promise<Row[]> {
  const { shot, edit } = places[0]!;
  const rows: Row[] = [
    { label: 'source', frames: bench.footage(shot).source },
    { label: 'true answer', frames: readPictures(edit.truth) },
  ];
  for (const { variant } of places) {
    if (variant.id === 'unedited') continue;
    rows.push({ label: variant.label, frames: await bench.frames(shot, edit, variant) });
  }
  return rows;
}

const PALETTE = 'split[a][b];[a]palettegen=max_colors=96[p];[b][p]paletteuse=dither=none';

/**
 * @param columns frames shown of each row, evenly spread. Labels are left out where this ffmpeg cannot write text.
 * @param small 96 colours, a fifth of the bytes
 */
export async function writeSheet(
  rows: readonly Row[],
  side: number,
  columns: number,
  out: string,
  small = false,
): Promise<void> {
  const width = LABEL_WIDTH + columns * (side + GAP);
  const height = rows.length * (side + GAP) - GAP;
  const sheet = new Uint8Array(width * height * 3);
  for (let i = 0; i < sheet.length; i++) sheet[i] = BACKGROUND[i % 3]!;
  for (const [r, { frames }] of rows.entries()) {
    for (let column = 0; column < columns; column++) {
      const shown = columns === 1 ? 0 : Math.round((column * (frames.length - 1)) / (columns - 1));
      const [left, top] = [LABEL_WIDTH + column * (side + GAP), r * (side + GAP)];
      for (let y = 0; y < side; y++) {
        const line = frames[shown]!.subarray(y * side * 3, (y + 1) * side * 3);
        sheet.set(line, ((top + y) * width + left) * 3);
      }
    }
  }
  const labels = rows.map(
    ({ label }, r) =>
      `drawtext=text='${label.replace(/['\\:%]/g, '')}':x=6:y=${r * (side + GAP) + side / 2 - 6}:fontsize=12:fontcolor=0xd0d4dc`,
  );
  try {
    await writePng(sheet, width, height, out, small ? [...labels, PALETTE] : labels);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await writePng(sheet, width, height, out);
  }
}
