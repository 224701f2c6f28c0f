/**
 * protocol.handle over a local HTTP server: scheme://host/path is http://host.scheme.localhost:PORT/path. A panel's host is a
 * site of its own, http://host.localhost:PORT, as it is in Electron: no page shares a process with it.
 */
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

const PANEL = 'retake-panel';

/** The address under which Chromium finds it; others stay as they are. */
export async function toHttp(url: string): Promise<string> {
  const { protocol, host, pathname, search } = new URL(url);
  const scheme = protocol.slice(0, -1);
  if (!handlers.has(scheme)) return url;
  port ??= listen();
  const site = scheme === PANEL ? host : `${host}.${scheme}`;
  return `http://${site}.localhost:${await port}${pathname}${search}`;
}

/** A policy as it reads here. */
async function policyHere(policy: string): Promise<string> {
  port ??= listen();
  const at = `localhost:${await port}`;
  return policy
    .replaceAll(/retake-panel:\/\/([0-9a-f]+)/g, `http://$1.${at}`)
    .replaceAll(`${PANEL}:`, `http://*.${at}`)
    .replaceAll('retake:', `http://app.retake.${at}`);
}

/** The address as the application wrote it. */
export function fromHttp(url: string): string {
  const panel = /^http:\/\/([0-9a-f]{32})\.localhost:\d+(\/.*)?$/.exec(url);
  if (panel) return `${PANEL}://${panel[1]}${panel[2] ?? '/'}`;
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
  const said = Object.fromEntries(response.headers);
  const policy = said['content-security-policy'];
  outgoing.writeHead(response.status, {
    ...said,
    ...(policy && { 'content-security-policy': await policyHere(policy) }),
  });
  if (response.body) await pipeline(Readable.fromWeb(response.body as never), outgoing);
  else outgoing.end();
}
