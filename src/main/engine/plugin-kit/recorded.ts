/** Calls of a plugin with their answers as files, one each: what it answered once it has to answer again. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../../common/errors.ts';
import { writeWhole } from '../../atomic-files.ts';

const FOLDER = 'recorded';

export interface RecordedCall {
  readonly suite: string;
  readonly method: string;
  /** The contribution that is asked. */
  readonly of: string;
  readonly input: unknown;
  readonly output: unknown;
}

/** Numbers of one kind in a row, as JSON has none. */
const ARRAYS = { Float32Array, Float64Array, Uint8Array, Int32Array } as const;

/** @throws AppError usage for a file that is no recorded call */
export async function readRecorded(
  folder: string,
  doing: string,
): Promise<readonly (RecordedCall & { file: string })[]> {
  const names = await readdir(join(folder, FOLDER)).catch(() => []);
  const calls = names
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map(async (name) => {
      const text = await readFile(join(folder, FOLDER, name), 'utf8');
      try {
        const { suite, method, of, input, output } = JSON.parse(text, revive) as RecordedCall;
        if ([suite, method, of].every((word) => typeof word === 'string'))
          return { file: `${FOLDER}/${name}`, suite, method, of, input, output };
      } catch {
        // Told below.
      }
      throw new AppError('usage', `${FOLDER}/${name} is no recorded call`, {
        doing,
        hint: 'Remove it, or write all of them again with --record.',
      });
    });
  return Promise.all(calls);
}

/** In place of those that were there. A call has the same name whenever it is recorded. */
export async function writeRecorded(folder: string, calls: readonly RecordedCall[]): Promise<void> {
  const into = join(folder, FOLDER);
  await rm(into, { recursive: true, force: true });
  if (calls.length === 0) return;
  await mkdir(into);
  for (const call of calls) {
    const asked = JSON.stringify({ ...call, output: null }, replace);
    const digest = createHash('sha256').update(asked).digest('hex').slice(0, 12);
    const text = `${JSON.stringify(call, replace, 1)}\n`;
    await writeWhole(join(into, `${call.of}-${call.method}-${digest}.json`), text);
  }
}

export const sameAnswer = (a: unknown, b: unknown): boolean =>
  isDeepStrictEqual(JSON.parse(JSON.stringify(a, replace)), JSON.parse(JSON.stringify(b, replace)));

function replace(_key: string, value: unknown): unknown {
  for (const [kind, Kind] of Object.entries(ARRAYS))
    if (value instanceof Kind)
      return { [kind]: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  return value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const [entry, ...others] = Object.entries(value);
  if (!entry || others.length > 0 || typeof entry[1] !== 'string') return value;
  const Kind = ARRAYS[entry[0] as keyof typeof ARRAYS];
  if (!Kind) return value;
  const bytes = new Uint8Array(Buffer.from(entry[1], 'base64'));
  return new Kind(bytes.buffer as ArrayBuffer);
}
