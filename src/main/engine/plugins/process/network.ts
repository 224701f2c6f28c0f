/** The network for plugins: named hosts, https, one answer. Redirects are handed back, so that none leads anywhere else. */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as systemLookup } from 'node:dns';
import { request as systemRequest } from 'node:https';
import { z } from 'zod';
import { isOwnAddress } from '../../library/address.ts';

export interface NetworkOptions {
  readonly lookup?: typeof systemLookup;
  /** Makes the connection; a test has servers of its own. */
  readonly request?: typeof systemRequest;
}

const TIME_MS = 20_000;
const MOST_SENT = 1 << 20;
const MOST_RECEIVED = 32 << 20;

const wanted = z.strictObject({
  url: z.string().max(4000),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,60}$/), z.string().max(4000)).default({}),
  body: z.union([z.string().max(MOST_SENT), z.instanceof(Uint8Array)]).optional(),
});

/** Said by the connection, not by the plugin. */
const OWN_HEADERS =
  /^(host|connection|content-length|transfer-encoding|upgrade|proxy-.*|te|trailer|expect)$/i;

export interface Fetched {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** @param hosts "api.example.org", "*.example.org" @throws Error in words for whoever made the plugin */
export async function networkFetch(
  input: unknown,
  hosts: readonly string[],
  {
    lookup = systemLookup,
    request = systemRequest,
    signal,
  }: NetworkOptions & { readonly signal: AbortSignal },
): Promise<Fetched> {
  const read = wanted.safeParse(input);
  if (!read.success)
    throw new Error(`${read.error.issues[0]!.path.join('.')}: ${read.error.issues[0]!.message}`);
  const { url: text, method, headers, body } = read.data;
  if (body !== undefined && body.length > MOST_SENT) throw new Error('more than a megabyte is not sent');
  const url = allowed(text, hosts);
  const own = Object.keys(headers).find((name) => OWN_HEADERS.test(name));
  if (own !== undefined) throw new Error(`the header "${own}" is not the plugin's to say`);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      ...{ method, headers: { ...headers, 'accept-encoding': 'identity' }, agent: false },
      // Looked at where the connection is made: a name that leads elsewhere the second time leads nowhere.
      lookup: publicLookup(lookup),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIME_MS)]),
    });
    outgoing.once('error', (error) =>
      reject(new Error(error.name === 'TimeoutError' ? 'the server did not answer in time' : error.message)),
    );
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST_RECEIVED) outgoing.destroy(new Error('the answer is larger than 32 MB'));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        const said = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        resolve({
          ...{
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(said) as Record<string, string>,
          },
          body: new Uint8Array(Buffer.concat(chunks)),
        });
      });
    });
    outgoing.end(body);
  });
}

/** @throws Error */
function allowed(text: string, hosts: readonly string[]): URL {
  const url = URL.parse(text);
  if (!url) throw new Error('that is no address');
  const { protocol, username, password, hostname, port } = url;
  if (protocol !== 'https:' || username !== '' || password !== '')
    throw new Error('only https addresses without a name and a password are asked');
  const listed = hosts.some((host) =>
    host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host,
  );
  if (!listed || port !== '') throw new Error(`${url.host} is not among the hosts that were agreed to`);
  return url;
}

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** Names of public hosts only: the manifest lists names, and none of them may be this machine or its network. */
function publicLookup(lookup: typeof systemLookup) {
  return (host: string, options: LookupOptions, done: Found): void => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const own = addresses?.find(({ address }) => isOwnAddress(address));
      if (error) done(error, []);
      else if (own || addresses.length === 0)
        done(new Error(`${host} is inside this machine or its network`), []);
      else if (options.all) done(null, addresses);
      else done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}
