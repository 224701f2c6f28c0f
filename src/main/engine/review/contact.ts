/** A contact sheet of many takes: a frame of each, and under it what tells it apart. */
import type { ContactRequest, WrittenFile } from '../../../common/contract/takes.ts';
import { throwIfCancelled } from '../../../common/errors.ts';
import {
  cellSize,
  checkName,
  cut,
  GAP,
  MARGIN,
  picture,
  Sheet,
  TEXT,
  type Text,
  TITLE,
} from './sheet-picture.ts';
import { checkOut, openTake } from './take.ts';

/** Lines of words under a picture. */
const LINES = 3;
const MOST_COLUMNS = 6;

interface Following {
  readonly signal?: AbortSignal | undefined;
  readonly onFraction?: ((fraction: number) => void) | undefined;
}

/** @throws AppError usage where one is no take, output-unwritable, clip-unreadable, disk-full; Cancelled */
export async function writeContactSheet(
  { out, title, takes }: ContactRequest,
  { signal, onFraction }: Following,
): Promise<WrittenFile> {
  checkName(out);
  const opened = [];
  for (const one of takes) {
    const take = await openTake(one.take, signal);
    checkOut(out, take, null);
    opened.push({ ...one, picture: take.picture });
  }
  // Takes of one shot are of one size; of several, the first says how large the cells are.
  const cell = cellSize(opened[0]!.picture);
  const columns = Math.min(opened.length, MOST_COLUMNS, Math.ceil(Math.sqrt(opened.length * 1.5)));
  const line = TEXT + 4;
  const row = cell.height + GAP + LINES * line + 2 * GAP;
  const rows = Math.ceil(opened.length / columns);
  const top = MARGIN + TITLE + 2 * GAP;
  const sheet = new Sheet(2 * MARGIN + columns * (cell.width + GAP) - GAP, top + rows * row + MARGIN);
  const room = (width: number, size: number) => Math.max(4, Math.floor(width / (size * 0.55)));
  const texts: Text[] = [
    {
      text: cut(title, room(sheet.width - 2 * MARGIN, TITLE)),
      x: MARGIN,
      y: MARGIN,
      size: TITLE,
      bright: true,
    },
  ];
  for (const [i, { frame, name, words, picture: clip }] of opened.entries()) {
    throwIfCancelled(signal);
    const left = MARGIN + (i % columns) * (cell.width + GAP);
    const y = top + Math.floor(i / columns) * row;
    const at = Math.min(frame, clip.frames - 1);
    sheet.put(await picture(clip, at, { ...cell, exact: true, signal }), cell, left, y);
    const lines = [name, ...wrapped(words, room(cell.width, TEXT), LINES - 1)];
    texts.push(
      ...lines.map((text, n) => ({
        text: cut(text, room(cell.width, TEXT)),
        ...{ x: left, y: y + cell.height + GAP + n * line, size: TEXT, bright: n > 0 },
      })),
    );
    onFraction?.((i + 1) / opened.length);
  }
  return sheet.writeTo(out, texts, signal);
}

/** As many lines as there is room for; what does not fit goes on in the last, which is cut. */
function wrapped(text: string, most: number, lines: number): string[] {
  const result: string[] = [];
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const last = result.at(-1);
    if (last !== undefined && (last.length + word.length < most || result.length === lines))
      result[result.length - 1] = `${last} ${word}`;
    else result.push(word);
  }
  return result;
}
