/** What contact sheets are drawn on: pictures side by side and words between them, as one PNG. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import type { WrittenFile } from '../../../common/contract/takes.ts';
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { makeWhole } from '../../atomic-files.ts';
import { decodeSized, type SizedOptions } from '../media/decode.ts';
import { writeFailure } from '../media/failure.ts';
import { type Ffmpeg, FfmpegProcess, resolveFfmpeg } from '../media/ffmpeg.ts';
import { type Line, sheetPictureArgs } from '../media/review-args.ts';

export const GAP = 6;
export const MARGIN = 16;
/** Of a cell; a tall picture is kept from making an endless sheet. */
const WIDEST = 320;
const TALLEST = 320;
export const TITLE = 18;
export const TEXT = 14;
const BACKGROUND = [0x16, 0x18, 0x1d] as const;

/** @throws AppError usage */
export function checkName(out: string): void {
  if (extname(out).toLowerCase() === '.png') return;
  throw new AppError('usage', `a contact sheet cannot be named ${basename(out)}`, {
    doing: 'choosing where the sheet goes',
    hint: 'Let the name end in .png.',
  });
}

export interface Text extends Omit<Line, 'file'> {
  readonly text: string;
}

/** As much as fits of a line. */
export function cut(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1).trimEnd()}…` : line;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export function cellSize({ width, height }: Size): Size {
  const scale = Math.min(1, WIDEST / width, TALLEST / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

export async function picture(
  clip: ClipInfo,
  frame: number,
  how: Omit<SizedOptions, 'range'>,
): Promise<Uint8Array> {
  const range = { start: frame, end: frame + 1 };
  for await (const { rgb } of decodeSized(clip, { range, ...how })) return rgb;
  throw new AppError('clip-unreadable', `frame ${frame} can no longer be read`, {
    doing: `reading ${basename(clip.path)}`,
  });
}

export class Sheet {
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

  /** @throws AppError output-unwritable, disk-full; Cancelled. Nothing is left under its name then */
  async writeTo(out: string, texts: readonly Text[], signal: AbortSignal | undefined): Promise<WrittenFile> {
    const notes: string[] = [];
    await makeWhole(out, async (temporary) => {
      const ffmpeg = await resolveFfmpeg();
      const labelled =
        ffmpeg.filters.has('drawtext') && (await this.#write(ffmpeg, temporary, texts, signal));
      if (labelled) return;
      notes.push('the sheet has no words: this ffmpeg writes none, or finds no typeface');
      await this.#write(ffmpeg, temporary, [], signal);
    });
    return { path: out, notes };
  }

  /** False where the words could not be written. @throws AppError, where there are none to write; Cancelled */
  async #write(
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
