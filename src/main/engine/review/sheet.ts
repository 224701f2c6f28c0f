/** A contact sheet: the clip above, the take below, frames spread over the shot, in one PNG. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import type { WrittenFile } from '../../../common/contract/takes.ts';
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { carriesTimecode, offsetTimecode } from '../../../common/time/timecode.ts';
import { makeWhole } from '../../atomic-files.ts';
import { decodeSized, type SizedOptions } from '../media/decode.ts';
import { writeFailure } from '../media/failure.ts';
import { type Ffmpeg, FfmpegProcess, resolveFfmpeg } from '../media/ffmpeg.ts';
import { type Line, sheetPictureArgs } from '../media/review-args.ts';
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

const GAP = 6;
const MARGIN = 16;
/** Of a cell; a tall picture is kept from making an endless sheet. */
const WIDEST = 320;
const TALLEST = 320;
const LABELS_WIDTH = 92;
const TITLE = 18;
const TEXT = 14;
const BACKGROUND = [0x16, 0x18, 0x1d] as const;
const STRONGER = 4;

/** @throws AppError usage, output-unwritable, clip-unreadable, disk-full; Cancelled. Nothing is left under its name then */
export async function writeSheet(take: Take, clip: ClipInfo, options: SheetOptions): Promise<WrittenFile> {
  const { out, difference, signal } = options;
  if (extname(out).toLowerCase() !== '.png') {
    throw new AppError('usage', `a contact sheet cannot be named ${basename(out)}`, {
      doing: 'choosing where the sheet goes',
      hint: 'Let the name end in .png.',
    });
  }
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
  const notes: string[] = [];
  await makeWhole(out, async (temporary) => {
    const ffmpeg = await resolveFfmpeg();
    const labelled = ffmpeg.filters.has('drawtext') && (await sheet.write(ffmpeg, temporary, texts, signal));
    if (labelled) return;
    notes.push('the sheet has no words: this ffmpeg writes none, or finds no typeface');
    await sheet.write(ffmpeg, temporary, [], signal);
  });
  return { path: out, notes };
}

interface Text extends Omit<Line, 'file'> {
  readonly text: string;
}

/** As much as fits of a line. */
function cut(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1).trimEnd()}…` : line;
}

/** "12 · 01:00:00:12" */
function frameLabel({ timecode, rate }: ClipInfo, frame: number): string {
  const at = timecode !== null && carriesTimecode(rate) ? offsetTimecode(timecode, frame, rate) : null;
  return at === null ? `frame ${frame}` : `${frame} · ${at}`;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function cellSize({ width, height }: Size): Size {
  const scale = Math.min(1, WIDEST / width, TALLEST / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function picture(clip: ClipInfo, frame: number, how: Omit<SizedOptions, 'range'>): Promise<Uint8Array> {
  const range = { start: frame, end: frame + 1 };
  for await (const { rgb } of decodeSized(clip, { range, ...how })) return rgb;
  throw new AppError('clip-unreadable', `frame ${frame} can no longer be read`, {
    doing: `reading ${basename(clip.path)}`,
  });
}

function apart(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((value, i) => Math.min(255, STRONGER * Math.abs(value - b[i]!)));
}

class Sheet {
  readonly width: number;
  readonly height: number;
  readonly #rgb: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => BACKGROUND[i % 3]!);
  }

  put(rgb: Uint8Array, { width, height }: Size, left: number, top: number): void {
    for (let y = 0; y < height; y++) {
      const line = rgb.subarray(y * width * 3, (y + 1) * width * 3);
      this.#rgb.set(line, ((top + y) * this.width + left) * 3);
    }
  }

  /** False where the words could not be written. @throws AppError, where there are none to write; Cancelled */
  async write(
    ffmpeg: Ffmpeg,
    output: string,
    texts: readonly Text[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const doing = 'writing the contact sheet';
    const folder = await mkdtemp(join(tmpdir(), 'retake-sheet-'));
    try {
      const lines: Line[] = [];
      for (const [i, { text, ...where }] of texts.entries()) {
        const file = join(folder, `${i}.txt`);
        await writeFile(file, text);
        lines.push({ file, ...where });
      }
      const args = sheetPictureArgs({ width: this.width, height: this.height, output, lines });
      await using child = new FfmpegProcess(ffmpeg, args, { doing, signal });
      await child.write(this.#rgb);
      const { code, tail } = await child.finished();
      if (code === 0) return true;
      if (texts.length > 0) return false;
      throw writeFailure(doing, tail);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
