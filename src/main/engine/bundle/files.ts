/** Reading a bundle's small files: every way they can be broken is a sentence an artist can act on. */
import { readFile, stat } from 'node:fs/promises';
import type { z } from 'zod';
import { AppError, type ErrorCode } from '../../../common/errors.ts';

/** A defect of the bundle itself, named by the file that has it. */
export function defect(
  file: string,
  message: string,
  hint: string,
  code: Extract<ErrorCode, 'bundle-invalid' | 'weights-missing'> = 'bundle-invalid',
): AppError {
  return new AppError(code, message, { doing: `reading ${file}`, hint });
}

export const DOWNLOAD_AGAIN = 'Download the bundle again, all of its files.';

export async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  return found.isDirectory() ? 'folder' : 'file';
}

/** Bytes of a small file. Throws a defect if it is missing, unreadable, empty or a Git LFS pointer. */
export async function readSmallFile(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw defect(file, missing ? 'the file is missing' : 'the file cannot be read', DOWNLOAD_AGAIN);
  }
  if (text.trim() === '') throw defect(file, 'the file is empty', DOWNLOAD_AGAIN);
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    throw defect(file, 'this is a Git LFS pointer, not the file itself', 'Run "git lfs pull" in the bundle.');
  }
  return text;
}

export async function readJson<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = await readSmallFile(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw defect(file, 'the file is not valid JSON', DOWNLOAD_AGAIN);
  }
  const checked = schema.safeParse(json);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  const where = issue.path.length > 0 ? `"${issue.path.join('.')}": ` : '';
  throw defect(file, `${where}${issue.message}`, 'Export or download the bundle again.');
}
