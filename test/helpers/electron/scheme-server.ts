/** protocol.handle over a local HTTP server: scheme://host/path is http://host.scheme.localhost:PORT/path. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export type SchemeHandler = (request: Request) => Response | Promise<Response>;

const handlers = new Map<string, SchemeHandler>();
let port: Promise<number> | null = null;

export function handleScheme(scheme: string, handler: SchemeHandler): void {
  handlers.set(scheme, handler);
}

/** The address under which Chromium finds it; others stay as they are. */
export async function toHttp(url: string): Promise<string> {
  const { protocol, host, pathname, search } = new URL(url);
  const scheme = protocol.slice(0, -1);
  if (!handlers.has(scheme)) return url;
  port ??= listen();
  return `http://${host}.${scheme}.localhost:${await port}${pathname}${search}`;
}

/** The address as the application wrote it. */
export function fromHttp(url: string): string {
  const match = /^http:\/\/([^./]+)\.([^./]+)\.localhost:\d+(\/.*)?$/.exec(url);
  return match && handlers.has(match[2]!) ? `${match[2]}://${match[1]}${match[3] ?? '/'}` : url;
}

function listen(): Promise<number> {
  const server = createServer((request, response) => {
    // A page that turns away from a video cuts the answer off.
    answer(request, response).catch(() => response.destroy());
  });
  server.unref();
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const url = fromHttp(`http://${incoming.headers.host}${incoming.url}`);
  const handler = handlers.get(new URL(url).protocol.slice(0, -1));
  // Chromium asks for it on http only.
  if (!handler || incoming.url === '/favicon.ico') return void outgoing.writeHead(204).end();
  const headers = Object.entries(incoming.headers).filter(
    (one): one is [string, string] => typeof one[1] === 'string',
  );
  const response = await handler(new Request(url, { method: incoming.method ?? 'GET', headers }));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body) await pipeline(Readable.fromWeb(response.body as never), outgoing);
  else outgoing.end();
}
