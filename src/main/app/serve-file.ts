/** Answers a request for a file below a folder: types, byte ranges, and nothing outside the folder. */

import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { lookup } from 'mrmime';

export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/**
 * The bytes that a Range header asks for (RFC 9110, 14.2), one range only. Null where the whole file is to be sent,
 * for what cannot be understood is ignored; 'unsatisfiable' where it lies behind the end.
 */
export function parseRange(header: string | null, size: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const [first, last] = [match[1]!, match[2]!];
  if (first === '') {
    const length = Number(last);
    return length === 0 || size === 0
      ? 'unsatisfiable'
      : { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'unsatisfiable' : { start, end };
}

/**
 * Absolute path of a file that an address names below a folder; null for everything that leads out of it: encoded or
 * plain dots, absolute paths, drive letters, NUL, links that point outside.
 * @param path as it stands in the address, still percent-encoded
 */
export async function fileBelow(root: string, path: string): Promise<string | null> {
  let name: string;
  try {
    name = decodeURIComponent(path);
  } catch {
    return null;
  }
  // Backslashes and colons separate on Windows only, but no file of ours has them.
  if (name === '' || /[\0\\:]/.test(name) || isAbsolute(name)) return null;
  if (name.split('/').some((part) => part === '' || part === '.' || part === '..')) return null;
  try {
    const [real, realRoot] = await Promise.all([realpath(resolve(root, name)), realpath(root)]);
    const inside = relative(realRoot, real);
    const escapes = inside === '' || inside.startsWith('..') || isAbsolute(inside);
    return escapes || !(await stat(real)).isFile() ? null : real;
  } catch {
    return null;
  }
}

/** GET and HEAD of a file below a folder. Answers 200, 206, 404, 405 or 416; never rejects. */
export async function serveFile(
  root: string,
  path: string,
  request: Request,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refused(405);
  const file = await fileBelow(root, path);
  if (file === null) return refused(404);
  const { size } = await stat(file);
  const range = parseRange(request.headers.get('range'), size);
  if (range === 'unsatisfiable') return refused(416, { 'content-range': `bytes */${size}` });
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const body =
    request.method === 'HEAD' || size === 0
      ? null
      : (Readable.toWeb(createReadStream(file, { start, end })) as ReadableStream<Uint8Array>);
  return new Response(body, {
    status: range ? 206 : 200,
    headers: {
      ...headers,
      'content-type': typeOfFile(file),
      'content-length': String(size === 0 ? 0 : end - start + 1),
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      ...(range && { 'content-range': `bytes ${start}-${end}/${size}` }),
    },
  });
}

/** By its name. */
export function typeOfFile(name: string): string {
  return lookup(name) ?? 'application/octet-stream';
}

export function refused(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers });
}
