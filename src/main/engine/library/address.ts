/** Where a download may be led: what the artist asked for, and public places over an encrypted connection. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { AppError } from '../../../common/errors.ts';

/** This machine, its own networks, and addresses that are no single public host (IANA special-purpose registries). */
const OWN = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  OWN.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  OWN.addSubnet(net, bits, 'ipv6');

/** An IPv4 address in the clothes of an IPv6 one is looked at as what it is. */
export function isOwnAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  const kind = isIP(plain);
  return kind === 0 ? false : OWN.check(plain, kind === 4 ? 'ipv4' : 'ipv6');
}

export type Resolve = (host: string) => Promise<readonly string[]>;

const resolveHost: Resolve = async (host) => {
  // Where a proxy resolves names there may be no answer here; then the connection is the proxy's.
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
};

/**
 * Checks an address that the server named. The server that was asked for may lead to itself; it may lead elsewhere
 * only to public hosts over https, never into this machine or its network.
 * @throws AppError download-failed
 */
export async function checkAddress(to: string, asked: string, resolve: Resolve = resolveHost): Promise<void> {
  const [next, first] = [new URL(to), new URL(asked)];
  if (next.origin === first.origin) return;
  if (next.protocol !== 'https:' || next.username !== '' || next.password !== '') {
    throw refused(next, 'over a connection that is not encrypted');
  }
  const host = next.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) ? [host] : await resolve(host);
  if (/(^|\.)localhost\.?$/i.test(host) || addresses.some(isOwnAddress)) {
    throw refused(next, 'inside your own network');
  }
}

function refused({ protocol, host }: URL, why: string): AppError {
  return new AppError('download-failed', `the server leads to ${protocol}//${host}, ${why}`, {
    doing: 'downloading a model',
    hint: 'If that is what you want, give that address as the server.',
  });
}
