/**
 * The door to a bundle's files: every way they can be broken is a sentence an artist can act on. Graphs and weights come
 * in by onnx/slim.ts, which opens files by the same plain-file.ts.
 */
import { closeSync, read, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { z } from 'zod';
import { AppError, type ErrorCode } from '../../../common/errors.ts';
import {
  inWords,
  LARGEST_WEIGHTS,
  openPlainFile,
  type Unreadable,
  UnreadableError,
} from '../onnx/plain-file.ts';

/** A defect of the bundle itself, named by the file that has it. */
export function defect(
  file: string,
  message: string,
  hint: string,
  code: Extract<ErrorCode, 'bundle-invalid' | 'weights-missing'> = 'bundle-invalid',
): AppError {
  return new AppError(code, message, { doing: `reading ${file}`, hint });
}

/** Only for what a fresh copy mends: files that are missing, empty or broken off. */
export const DOWNLOAD_AGAIN = 'Download the bundle again, all of its files.';
export const READABLE = 'Check that you may read the file and that its disk is sound and connected.';

const HINTS: Readonly<Record<Unreadable, string>> = {
  missing: DOWNLOAD_AGAIN,
  unreadable: READABLE,
  folder: 'Put the file of that name from the model in its place.',
  'not a file': 'Put the file of that name from the model in its place.',
  'too large': 'Check that it belongs to this model; no model has such a file.',
};

const readPiece = promisify(read);
const PIECE = 1 << 22;

/** Of configurations and vocabularies; a large one has three megabytes. */
const LARGEST_SMALL_FILE = 64e6;

/** other: a pipe, a device, a socket, a circle of links. Reading it is refused. */
export async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | null> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'folder';
    return found.isFile() ? 'file' : 'other';
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '') ? null : 'other';
  }
}

function opened(file: string, most: number, missing?: 'weights-missing'): ReturnType<typeof openPlainFile> {
  try {
    return openPlainFile(file, most);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    throw defect(
      file,
      inWords(error.why, most),
      HINTS[error.why],
      error.why === 'missing' ? missing : undefined,
    );
  }
}

/** Bytes of a whole file. Throws a defect if it is missing, unreadable, no file or larger than most. */
export function readBytes(file: string, most: number): Buffer {
  const { fd } = opened(file, most);
  try {
    return readFileSync(fd);
  } catch {
    throw defect(file, 'the file cannot be read', READABLE);
  } finally {
    closeSync(fd);
  }
}

export interface OpenFile {
  readonly size: number;
  readonly mtimeMs: number;
  /** In order, to the size it had when opened; each piece is valid until the next. */
  pieces(): AsyncGenerator<Uint8Array>;
  close(): void;
}

/** A file of any size; configurations are small whoever reads them. Throws a defect as readBytes does, or weights-missing. */
export function openFile(file: string): OpenFile {
  const most = /\.(json|txt)$/i.test(file) ? LARGEST_SMALL_FILE : LARGEST_WEIGHTS;
  const { fd, size, mtimeMs } = opened(file, most, 'weights-missing');
  return {
    size,
    mtimeMs,
    async *pieces() {
      const buffer = Buffer.allocUnsafe(Math.min(PIECE, Math.max(1, size)));
      for (let at = 0; at < size; ) {
        const { bytesRead } = await readPiece(fd, buffer, 0, Math.min(buffer.length, size - at), at);
        if (bytesRead === 0)
          throw defect(
            file,
            'the file became shorter while it was read',
            'Wait until nothing writes to the folder any more.',
          );
        yield buffer.subarray(0, bytesRead);
        at += bytesRead;
      }
    },
    close: () => closeSync(fd),
  };
}

/** Text of a small file. Throws a defect if it is missing, unreadable, too large, empty or a Git LFS pointer. */
export async function readSmallFile(file: string): Promise<string> {
  return smallFile(file);
}

function smallFile(file: string): string {
  const text = readBytes(file, LARGEST_SMALL_FILE).toString('utf8');
  if (text.trim() === '') throw defect(file, 'the file is empty', DOWNLOAD_AGAIN);
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    throw defect(file, 'this is a Git LFS pointer, not the file itself', 'Run "git lfs pull" in the bundle.');
  }
  return text;
}

/** A JSON configuration: a file's, or one that was made for a model whose file brings none. */
export interface Configuration {
  /** Path that messages name. */
  readonly file: string;
  /** Where there is no such file. */
  readonly made?: unknown;
}

export async function readJson<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  return checkedJson(file, jsonOf({ file }), schema);
}

/** Unchecked. Throws a defect as readSmallFile does, or for what is no JSON. */
export function jsonOf({ file, made }: Configuration): unknown {
  if (made !== undefined) return made;
  const text = smallFile(file);
  try {
    return JSON.parse(text);
  } catch {
    throw defect(file, 'the file is not valid JSON', DOWNLOAD_AGAIN);
  }
}

/** Throws a defect naming the first key that is wrong. */
export function checkedJson<Schema extends z.ZodType>(
  file: string,
  json: unknown,
  schema: Schema,
): z.output<Schema> {
  const checked = schema.safeParse(json);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  const where = issue.path.length > 0 ? `"${issue.path.join('.')}": ` : '';
  // A copy of the same export says the same: what helps is another value or another model.
  const hint = issue.code === 'custom' && typeof issue.params?.hint === 'string' ? issue.params.hint : null;
  throw defect(file, `${where}${issue.message}`, hint ?? 'Correct the value, or export the model anew.');
}
