import { EventEmitter } from 'node:events';
import type { request } from 'node:https';
import { describe, expect, it } from 'vitest';
import { networkFetch } from '../../src/main/engine/plugins/process/network.ts';

const HOSTS = ['api.example.org', '*.example.com'];

/** What is said, where names lead to `address`. */
async function said(input: object, address = '93.184.215.14'): Promise<string> {
  const lookup = ((_host: string, _options: object, done: (error: null, all: object[]) => void) =>
    done(null, [{ address, family: address.includes(':') ? 6 : 4 }])) as never;
  /** Connects to nobody: asks where it would, as the real one does. */
  const connect = ((
    _url: URL,
    options: { lookup: (host: string, how: object, done: (error: Error | null) => void) => void },
  ) => {
    const outgoing = Object.assign(new EventEmitter(), {
      end: () => options.lookup('x', {}, (error) => outgoing.emit('error', error ?? new Error('connected'))),
    });
    return outgoing;
  }) as unknown as typeof request;
  const signal = new AbortController().signal;
  return networkFetch(input, HOSTS, { lookup, request: connect, signal }).then(
    String,
    ({ message }) => message,
  );
}

describe('the network for plugins', () => {
  it('is https to the hosts that were agreed to', async () => {
    for (const url of ['https://api.example.org/x?y=1', 'https://a.example.com', 'https://a.b.example.com/'])
      expect(await said({ url })).toBe('connected');
    for (const url of [
      ...[
        'https://example.org',
        'https://api.example.org.evil.net',
        'https://example.com',
        'https://evilexample.com',
      ],
      ...['https://api.example.org:8443', 'https://127.0.0.1', 'https://[::1]', 'https://localhost'],
    ])
      expect(await said({ url })).toContain('is not among the hosts');
    for (const url of ['http://api.example.org', 'https://me:it@api.example.org', 'file:///etc/passwd'])
      expect(await said({ url })).toContain('only https');
    expect(await said({ url: 'api.example.org' })).toBe('that is no address');
  });

  it('never is this machine or its network, whatever a name leads to', async () => {
    for (const address of [
      '127.0.0.1',
      '10.0.0.7',
      '192.168.1.1',
      '169.254.169.254',
      '::1',
      'fd00::1',
      '::ffff:127.0.0.1',
    ])
      expect(await said({ url: 'https://api.example.org' }, address)).toContain(
        'is inside this machine or its network',
      );
  });

  it('carries no headers of the connection, and not without end', async () => {
    const url = 'https://api.example.org';
    expect(await said({ url, headers: { Host: 'other' } })).toContain('"Host" is not the plugin');
    expect(await said({ url, method: 'CONNECT' })).toContain('method');
    expect(await said({ url, body: 'x'.repeat(2 ** 20 + 1) })).toContain('body');
  });
});
