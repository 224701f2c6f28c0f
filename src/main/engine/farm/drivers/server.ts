/** Asks the server of a scheduler, at the address that the artist gave and nowhere else. */
import { AppError, Cancelled } from '../../../../common/errors.ts';
import type { ServerAnswer, ServerRequest } from '../../../../common/plugins/farm-v1.ts';
import type { DriverSetting } from '../driver.ts';

const TIME_MS = 30_000;
const MOST_RECEIVED = 64 << 20;

export const SERVER_SETTING = {
  id: 'server',
  label: 'Server',
  help: 'Address of the scheduler, as this machine reaches it: http://manager:8080',
  default: '',
} as const satisfies DriverSetting;

/**
 * Redirects are handed back like any answer, so that none leads anywhere else.
 * @param server "http://manager:8080", or a folder below it
 * @throws AppError usage for an address that is none, and for a server that does not answer; Cancelled
 */
export async function askServer(
  server: string,
  { method, path, headers, body }: ServerRequest,
  signal: AbortSignal,
): Promise<ServerAnswer> {
  const url = addressOf(server, path);
  const timeout = AbortSignal.timeout(TIME_MS);
  try {
    const response = await fetch(url, {
      ...{ method, headers, redirect: 'manual', signal: AbortSignal.any([signal, timeout]) },
      ...(body !== undefined && { body }),
    });
    return { status: response.status, body: await textOf(response) };
  } catch (error) {
    if (signal.aborted) throw new Cancelled();
    if (error instanceof AppError) throw error;
    const { message, cause } = error as Error;
    const why = timeout.aborted
      ? 'not in time'
      : cause instanceof Error && cause.message
        ? cause.message
        : message;
    throw fault(
      url.origin,
      `it does not answer: ${why}`,
      'Look whether the server runs, and whether its address is right.',
      error,
    );
  }
}

function addressOf(server: string, path: string): URL {
  const hint = 'Write it as http://manager:8080.';
  const base = URL.parse(server.trim());
  if (!base || !/^https?:$/.test(base.protocol) || base.username !== '' || base.password !== '')
    throw fault(
      'the farm',
      server.trim() === '' ? 'no server is given' : `"${server}" is no address of a server`,
      hint,
    );
  const below = base.pathname.replace(/\/+$/, '');
  const url = URL.parse(`${base.origin}${below}${path}`);
  // What was asked may have led above, or to another server: "/../..", "//other/".
  if (!url || url.origin !== base.origin || !url.pathname.startsWith(`${below}/`))
    throw fault(base.origin, `${path} is not below its address`, 'Tell whoever made the plugin.');
  return url;
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > MOST_RECEIVED) throw fault(response.url, 'its answer is larger than 64 MB', '');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function fault(who: string, what: string, hint: string, cause?: unknown): AppError {
  return new AppError('usage', what, { doing: `asking ${who}`, hint, cause });
}
