/**
 * A door for the panel in DaVinci Resolve: HTTP on this machine alone. It is shut until the artist opens it, and then answers whoever
 * knows the token, which lies in a file that only this user may read. Pages of browsers are turned away before the token is looked at.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { errorLine } from '../../../common/errors.ts';

const LOOPBACK = '127.0.0.1';
const LONGEST_BODY = 64 << 10;
/** Milliseconds that a caller may take to say what it wants. */
const PATIENCE = 10_000;
const MOST_CALLERS = 8;

/** What can be asked. Rejections are told as one line. */
export interface DoorCalls {
  takes(): Promise<object>;
  timeline(): Promise<object>;
  open(path: string): Promise<object>;
}

export interface Door {
  readonly port: number;
  close(): Promise<void>;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const openBody = z.strictObject({ path: z.string().min(1).max(4096) });

/**
 * @param file where callers find port and token: made anew with each opening, gone when it is shut
 * @throws what listening or writing the file fails with
 */
export async function openDoor(file: string, calls: DoorCalls): Promise<Door> {
  const token = randomBytes(32).toString('hex');
  let port = 0;
  const server = createServer((request, response) => {
    answer(request, { token, port, calls }).then(
      (value) => say(response, 200, value),
      (error: unknown) => {
        if (error instanceof Refusal) say(response, error.status, { error: error.message });
        else say(response, 500, { error: errorLine(error) });
      },
    );
  });
  server.headersTimeout = PATIENCE;
  server.requestTimeout = PATIENCE;
  server.maxConnections = MOST_CALLERS;
  server.keepAliveTimeout = 1;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: LOOPBACK, port: 0, exclusive: true }, resolve);
  });
  port = (server.address() as { port: number }).port;
  try {
    // One that is there may be readable by others: it keeps its mode when it is written over.
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify({ port, token }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        rmSync(file, { force: true });
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Asked {
  readonly token: string;
  readonly port: number;
  readonly calls: DoorCalls;
}

async function answer(request: IncomingMessage, { token, port, calls }: Asked): Promise<object> {
  const { headers, method, url } = request;
  // A page that had a name resolve to this machine says that name; every page says where it is from.
  if (headers.host !== `${LOOPBACK}:${port}`) throw new Refusal(403, 'this is not the address of the door');
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)
    throw new Refusal(403, 'pages are not answered');
  if (!isSame(headers.authorization ?? '', `Bearer ${token}`)) throw new Refusal(401, 'the token is wrong');
  if (method === 'GET' && url === '/takes') return calls.takes();
  if (method === 'POST' && url === '/timeline') {
    await bodyOf(request);
    return calls.timeline();
  }
  if (method === 'POST' && url === '/open') {
    const asked = openBody.safeParse(await bodyOf(request));
    if (!asked.success) throw new Refusal(400, 'name the path of a timeline');
    return calls.open(asked.data.path);
  }
  throw new Refusal(404, 'there is nothing of that name');
}

/** In the same time, whatever is given. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    throw new Refusal(415, 'only JSON is read');
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > LONGEST_BODY) throw new Refusal(413, 'this is too long');
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new Refusal(400, 'this is no JSON');
  }
}

function say(response: ServerResponse, status: number, value: object): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(JSON.stringify(value));
}
