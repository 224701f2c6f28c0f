/** What a request names must be there: it is refused by name, and nothing takes its place. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { requireLent } from '../models/contributed.ts';

/** @param what "the model" @throws AppError bundle-invalid; usage naming the plugin that it comes with, where that is missing or switched off */
export async function requireThere(what: string, path: string, doing: string): Promise<void> {
  requireLent(path);
  if (await stat(path).catch(() => null)) return;
  throw new AppError('bundle-invalid', `${what} ${basename(path)} is not there (${path})`, {
    doing,
    hint: 'Put it back, or choose another.',
  });
}
