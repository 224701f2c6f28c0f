/** A server for those who ask one: remembers what it was asked, and answers what a test says. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface Server extends AsyncDisposable {
  /** "http://127.0.0.1:49152" */
  readonly address: string;
  readonly asked: readonly Asked[];
}

/** @param answer status and what is sent as JSON */
export async function serve(
  answer: (asked: Asked) => readonly [status: number, body: unknown],
): Promise<Server> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const one = { method: request.method!, path: request.url!, body: Buffer.concat(parts).toString() };
      asked.push(one);
      const [status, body] = answer(one);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === null ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
