/** One file over a bad network: resumed where it broke off, tried several times, kept only when its digest is right. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, Cancelled, throwIfCancelled } from '../../../common/errors.ts';
import { publish } from '../../atomic-files.ts';
import { fromSystem } from '../media/target.ts';
import { checkAddress } from './address.ts';
import type { RemoteFile } from './repository.ts';

export interface Patience {
  readonly attempts: number;
  /** Before the second attempt; doubled before each further one. */
  readonly waitMs: number;
  /** Without a byte for this long an attempt has failed. */
  readonly stallMs: number;
}

export const PATIENCE: Patience = { attempts: 6, waitMs: 500, stallMs: 30_000 };

const MOST_HOPS = 10;

interface FetchOptions {
  /** The server that the artist asked for; see address.ts. */
  readonly asked: string;
  readonly signal: AbortSignal;
  readonly patience: Patience;
}

/** Worth another try: the network, not the answer, was bad. */
class Hiccup extends Error {}

/** A page of the server's API. @throws AppError download-failed; Cancelled */
export function fetchPage(url: string, options: FetchOptions): Promise<Response> {
  return patiently(url, options, async (signal) => {
    const response = await request(url, options.asked, {}, signal);
    // The body is read here, so that a connection that drops is tried again.
    const body = await response.text();
    return new Response(body, { headers: response.headers });
  });
}

/**
 * Downloads to `path`, whose folder is there; while it is incomplete or unproven it is called `path`.incomplete, from where it is resumed.
 * @throws AppError download-failed, disk-full, output-unwritable; Cancelled, which leaves the incomplete file
 */
export async function fetchFile(
  file: RemoteFile,
  url: string,
  path: string,
  options: FetchOptions & { readonly onBytes: (received: number) => void },
): Promise<void> {
  const { onBytes, signal } = options;
  if ((await stat(path).catch(() => null))?.size === file.bytes && (await isRight(path, file, signal))) {
    onBytes(file.bytes);
    return;
  }
  const partial = `${path}.incomplete`;
  await patiently(file.path, options, async (attempt) => {
    await receive(file, { url, asked: options.asked }, partial, attempt, onBytes);
    if (!(await isRight(partial, file, signal))) {
      await rm(partial, { force: true });
      throw new Hiccup('what arrived is not what the repository promised (wrong checksum)');
    }
  });
  await publish(partial, path);
}

async function receive(
  file: RemoteFile,
  { url, asked }: { readonly url: string; readonly asked: string },
  partial: string,
  signal: (touched: boolean) => AbortSignal,
  onBytes: (received: number) => void,
): Promise<void> {
  let have = (await stat(partial).catch(() => null))?.size ?? 0;
  if (have > file.bytes) {
    await rm(partial, { force: true });
    have = 0;
  }
  if (have === file.bytes && have > 0) return;
  const response = await request(url, asked, have > 0 ? { range: `bytes=${have}-` } : {}, signal);
  // A server may ignore the range and send all of it again.
  const resumed = response.status === 206 && startOf(response) === have;
  if (response.status === 206 && !resumed)
    throw new Hiccup('the server sent another part than was asked for');
  if (!resumed) have = 0;
  await using out = await open(partial, resumed ? 'a' : 'w');
  onBytes(have);
  for await (const chunk of response.body ?? []) {
    signal(true);
    have += chunk.length;
    if (have > file.bytes) throw new Hiccup('more bytes came than the file has');
    await out.writeFile(chunk);
    onBytes(have);
  }
  if (have < file.bytes) throw new Hiccup(`the connection ended after ${have} of ${file.bytes} bytes`);
  await out.sync();
}

async function request(
  url: string,
  asked: string,
  headers: Record<string, string>,
  signal: (touched: boolean) => AbortSignal,
): Promise<Response> {
  const response = await follow(url, asked, { 'accept-encoding': 'identity', ...headers }, signal);
  if (response.ok) return response;
  await response.body?.cancel();
  const { status } = response;
  if (status === 429 || status === 408 || status >= 500) throw new Hiccup(`the server answered ${status}`);
  const name = basename(new URL(url).pathname);
  if (status === 401 || status === 403) {
    throw failed('the model is not open to everyone', 'Ask its owner for access and download it by hand.');
  }
  if (status === 404) throw failed(`the server has no ${name}`, 'Check the name and the revision.');
  throw failed(`the server answered ${status}`, '');
}

/** Each step is looked at before it is gone. */
async function follow(
  url: string,
  asked: string,
  headers: Record<string, string>,
  signal: (touched: boolean) => AbortSignal,
): Promise<Response> {
  let next = url;
  for (let hops = 0; hops <= MOST_HOPS; hops += 1) {
    await checkAddress(next, asked);
    const response = await fetch(next, { headers, redirect: 'manual', signal: signal(true) });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(location, next)) break;
    next = new URL(location, next).href;
  }
  throw failed('the server leads from one address to the next without end', '');
}

/** Runs attempts until one succeeds. Each gets a function that says it is alive and gives the signal to stop by. */
async function patiently<T>(
  what: string,
  { signal, patience }: FetchOptions,
  attempt: (signal: (touched: boolean) => AbortSignal) => Promise<T>,
): Promise<T> {
  let wait = patience.waitMs;
  for (let n = 1; ; n += 1) {
    throwIfCancelled(signal);
    const stalled = new AbortController();
    const watch = setTimeout(() => stalled.abort(), patience.stallMs);
    const either = AbortSignal.any([signal, stalled.signal]);
    try {
      return await attempt(() => {
        watch.refresh();
        return either;
      });
    } catch (error) {
      if (signal.aborted || error instanceof Cancelled) throw new Cancelled();
      if (error instanceof AppError) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (/^E(NOSPC|DQUOT|ACCES|PERM|ROFS)$/.test(code)) throw fromSystem(error, 'downloading a model');
      if (n >= patience.attempts) {
        const why = stalled.signal.aborted ? 'the server stopped sending' : reason(error);
        throw failed(`${what}: ${why}`, 'Check the connection and start again: what has arrived is kept.');
      }
    } finally {
      clearTimeout(watch);
    }
    await sleep(wait, undefined, { signal }).catch(() => {});
    wait *= 2;
  }
}

/** fetch says "fetch failed" and hides why in its cause. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

function startOf(response: Response): number | null {
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return range ? Number(range[1]) : null;
}

/** Whether a file is what the repository promised. */
export async function isRight(
  path: string,
  { bytes, digest }: RemoteFile,
  signal: AbortSignal,
): Promise<boolean> {
  const hash = createHash(digest.kind === 'sha256' ? 'sha256' : 'sha1');
  if (digest.kind === 'git-sha1') hash.update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 22 })) {
    throwIfCancelled(signal);
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex') === digest.hex.toLowerCase();
}

function failed(message: string, hint: string): AppError {
  return new AppError('download-failed', message, { doing: 'downloading a model', hint });
}
