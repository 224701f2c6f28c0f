/** A Hugging Face style server on the loopback that serves a folder, and misbehaves on request. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative, sep } from 'node:path';

export interface ModelServer extends AsyncDisposable {
  readonly endpoint: string;
  /** Path and range of every request, in order. */
  readonly requests: { readonly url: string; readonly range: string | null }[];
  /** Called before a file is served; returning true means that it has answered. */
  onFile: (path: string, request: IncomingMessage, response: ServerResponse, content: Buffer) => boolean;
  /** Entries added to or replacing those of the tree. */
  readonly tree: Record<string, object>;
  /** As the repository's page says it. */
  licence: string | null;
}

/** Serves `dir` as owner/name at main. Files of `lfsFrom` bytes or more are told by sha256, smaller ones as git blobs. */
export async function serveModel(
  dir: string,
  options: { lfsFrom?: number; pageSize?: number } = {},
): Promise<ModelServer> {
  const { lfsFrom = 2000, pageSize = 5 } = options;
  const prefix = '/owner/name/resolve/main/';
  const server = createServer((request, response) => {
    const url = new URL(request.url!, endpoint);
    model.requests.push({ url: url.pathname, range: request.headers.range ?? null });
    if (url.pathname === '/api/models/owner/name/tree/main') return page(url, response);
    if (url.pathname === '/api/models/owner/name/revision/main') {
      response.end(JSON.stringify({ id: 'owner/name', cardData: { license: model.licence } }));
      return;
    }
    if (!url.pathname.startsWith(prefix) && !url.pathname.startsWith('/elsewhere/'))
      return end(response, 404);
    const path = decodeURIComponent(url.pathname.replace(prefix, '').replace('/elsewhere/', ''));
    let content: Buffer;
    try {
      content = readFileSync(join(dir, path));
    } catch {
      return end(response, 404);
    }
    if (model.onFile(path, request, response, content)) return;
    send(request, response, content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const page = (url: URL, response: ServerResponse) => {
    const entries = { ...listing(dir, lfsFrom), ...model.tree };
    const all = Object.values(entries);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const next = from + pageSize;
    if (next < all.length)
      response.setHeader('link', `<${endpoint}${url.pathname}?recursive=true&cursor=${next}>; rel="next"`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(all.slice(from, next)));
  };
  const model: ModelServer = {
    endpoint,
    requests: [],
    onFile: () => false,
    tree: {},
    licence: null,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return model;
}

/** Answers with the content, or the part of it that was asked for. */
export function send(request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = content.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': part.length,
    ...(from > 0 && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
  });
  response.end(part);
}

export function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}

function listing(dir: string, lfsFrom: number): Record<string, object> {
  const entries: Record<string, object> = {};
  for (const found of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    const file = join(found.parentPath, found.name);
    const path = relative(dir, file).split(sep).join('/');
    if (found.isDirectory()) {
      entries[path] = { type: 'directory', path, oid: '0', size: 0 };
      continue;
    }
    const content = readFileSync(file);
    const size = statSync(file).size;
    const oid = createHash('sha1').update(`blob ${size}\0`).update(content).digest('hex');
    const sha256 = createHash('sha256').update(content).digest('hex');
    entries[path] = { type: 'file', path, size, oid, ...(size >= lfsFrom && { lfs: { oid: sha256, size } }) };
  }
  return entries;
}
