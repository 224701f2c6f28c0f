/** Opens a safetensors file: its header is read and checked, its tensors stay where they are. */
import { closeSync, fstatSync, readSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { AppError } from '../../../../common/errors.ts';
import type { StoredTensor } from '../networks/stored.ts';
import { LARGEST_WEIGHTS, openPlainFile } from '../plain-file.ts';
import { refuseImpostor } from '../weights.ts';
import { HeaderError, LARGEST_HEADER, parseHeader } from './header.ts';
import { refuseOtherFormat } from './other-formats.ts';

const LENGTH_BYTES = 8;
const BRACE = 0x7b;

export interface Safetensors {
  /** Real path, without links. */
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** What the writer noted: "format", a trainer's "ss_…". */
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * @param path links are followed
 * @param doing for messages: "reading sd15.safetensors"
 * @throws AppError bundle-invalid, weights-missing: one line that says what the file is and what to do
 */
export function openSafetensors(path: string, doing: string): Safetensors {
  const name = basename(path);
  refuseImpostor(path, doing, name);
  const real = realpathSync(path);
  const { fd, size, mtimeMs } = openPlainFile(real, LARGEST_WEIGHTS);
  try {
    const { json, dataStart } = headerBytes(fd, size, { name, doing });
    const { metadata, tensors } = checked(() => parseHeader(json, size - dataStart), { name, doing });
    const after = fstatSync(fd);
    if (after.size !== size || after.mtimeMs !== mtimeMs) throw beingWritten(name, doing);
    return {
      path: real,
      size,
      mtimeMs,
      metadata,
      tensors: new Map(
        [...tensors].map(([key, { type, dims, begin, end }]) => [
          key,
          { type, dims, file: real, offset: dataStart + begin, length: end - begin },
        ]),
      ),
    };
  } finally {
    closeSync(fd);
  }
}

interface Named {
  readonly name: string;
  readonly doing: string;
}

function headerBytes(fd: number, size: number, { name, doing }: Named): { json: Buffer; dataStart: number } {
  const head = Buffer.alloc(64);
  const start = head.subarray(0, readSync(fd, head, 0, head.length, 0));
  refuseOtherFormat(start, { name, doing });
  const refuse = (what: string, hint: string) =>
    new AppError('bundle-invalid', `${name} ${what}`, { doing, hint });
  const length = start.length > LENGTH_BYTES ? start.readBigUInt64LE(0) : null;
  if (length === 0n)
    throw refuse(
      'begins with nothing but zeros',
      'It is still being downloaded, or it is damaged. Let it finish, or download it again.',
    );
  if (length === null || start[LENGTH_BYTES] !== BRACE)
    throw refuse('is not a safetensors file', 'Choose the .safetensors file of a model.');
  if (length > BigInt(LARGEST_HEADER)) {
    const says = `says that its header has ${length} bytes; more than ${prettyBytes(LARGEST_HEADER)} is no header`;
    throw refuse(says, 'It is damaged, or not a safetensors file. Download it again.');
  }
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > size)
    throw refuse(`is cut short: its header alone has ${length} bytes, the file ${size}`, STILL_WRITTEN);
  const json = Buffer.allocUnsafe(Number(length));
  for (let at = 0; at < json.length; ) {
    const read = readSync(fd, json, at, json.length - at, LENGTH_BYTES + at);
    if (read === 0) throw beingWritten(name, doing);
    at += read;
  }
  return { json, dataStart };
}

const STILL_WRITTEN =
  'If it is still being downloaded or saved, let that finish; otherwise download it again.';

function checked<T>(make: () => T, { name, doing }: Named): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof HeaderError)) throw cause;
    const hint = cause.cut ? STILL_WRITTEN : 'The file is damaged; download it again.';
    throw new AppError('bundle-invalid', `${name}: ${cause.message}`, { doing, hint, cause });
  }
}

/** Somebody writes to the file while it is looked at. */
function beingWritten(name: string, doing: string): AppError {
  const message = `${name} changed while it was opened: something is still writing to it`;
  return new AppError('bundle-invalid', message, {
    doing,
    hint: 'Wait until it is downloaded or saved whole, then open it again.',
  });
}
