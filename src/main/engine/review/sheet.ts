/** A contact sheet: the clip above, the take below, frames spread over the shot, in one PNG. */
import { basename } from 'node:path';
import type { WrittenFile } from '../../../common/contract/takes.ts';
import { throwIfCancelled } from '../../../common/errors.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { carriesTimecode, offsetTimecode } from '../../../common/time/timecode.ts';
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
import { checkOut, partOf, type Take } from './take.ts';

export interface SheetOptions {
  readonly out: string;
  /** Frames shown, evenly spread; a shorter shot shows all of its own. */
  readonly columns: number;
  /** A third row: how far take and clip are apart, four times as strong. */
  readonly difference: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onFraction?: ((fraction: number) => void) | undefined;
}

const LABELS_WIDTH = 92;
const STRONGER = 4;

/** @throws AppError usage, output-unwritable, clip-unreadable, disk-full; Cancelled. Nothing is left under its name then */
export async function writeSheet(take: Take, clip: ClipInfo, options: SheetOptions): Promise<WrittenFile> {
  const { out, difference, signal } = options;
  checkName(out);
  checkOut(out, take, clip);
  const { frames } = take.report.take;
  const columns = Math.min(options.columns, frames);
  const shown = Array.from({ length: columns }, (_, i) =>
    columns === 1 ? Math.floor(frames / 2) : Math.round((i * (frames - 1)) / (columns - 1)),
  );
  const cell = cellSize(clip);
  const rows = difference ? 3 : 2;
  const top = MARGIN + 2 * (TITLE + GAP) + TEXT + GAP;
  const sheet = new Sheet(
    MARGIN + LABELS_WIDTH + columns * (cell.width + GAP) - GAP + MARGIN,
    top + rows * (cell.height + GAP) - GAP + MARGIN,
  );
  const { start } = take.report.range;
  for (const [column, frame] of shown.entries()) {
    const left = MARGIN + LABELS_WIDTH + column * (cell.width + GAP);
    const of = await picture(clip, start + frame, { ...cell, signal });
    const made = await picture(take.picture, frame, { ...cell, part: partOf(take), exact: true, signal });
    sheet.put(of, cell, left, top);
    sheet.put(made, cell, left, top + cell.height + GAP);
    if (difference) sheet.put(apart(of, made), cell, left, top + 2 * (cell.height + GAP));
    options.onFraction?.((column + 1) / columns);
    throwIfCancelled(signal);
  }
  const { target, source } = take.report.settings.prompts;
  const room = Math.floor((sheet.width - 2 * MARGIN) / (TITLE * 0.55));
  const texts: Text[] = [
    { text: cut(basename(take.path), room), x: MARGIN, y: MARGIN, size: TITLE, bright: true },
    {
      text: cut(source.trim() === '' ? target : `${source}  →  ${target}`, room),
      x: MARGIN,
      y: MARGIN + TITLE + GAP,
      size: TITLE,
      bright: false,
    },
    ...shown.map((frame, column) => ({
      text: frameLabel(clip, start + frame),
      x: MARGIN + LABELS_WIDTH + column * (cell.width + GAP),
      y: top - TEXT - GAP,
      size: TEXT,
      bright: false,
    })),
    ...['clip', 'take', `apart ×${STRONGER}`].slice(0, rows).map((text, row) => ({
      text,
      x: MARGIN,
      y: top + row * (cell.height + GAP) + Math.floor(cell.height / 2) - TEXT,
      size: TEXT,
      bright: true,
    })),
  ];
  return sheet.writeTo(out, texts, signal);
}

/** "12 · 01:00:00:12" */
function frameLabel({ timecode, rate }: ClipInfo, frame: number): string {
  const at = timecode !== null && carriesTimecode(rate) ? offsetTimecode(timecode, frame, rate) : null;
  return at === null ? `frame ${frame}` : `${frame} · ${at}`;
}

function apart(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((value, i) => Math.min(255, STRONGER * Math.abs(value - b[i]!)));
}
