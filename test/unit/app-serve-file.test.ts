import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileBelow, parseRange, serveFile } from '../../src/main/app/serve-file.ts';

let folder = '';
let root = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'retake-serve-'));
  root = join(folder, 'previews');
  mkdirSync(join(root, 'clip one'), { recursive: true });
  mkdirSync(join(folder, 'previews-private'));
  writeFileSync(join(root, 'clip one', 'proxy.mp4'), Buffer.from('0123456789'));
  writeFileSync(join(root, 'empty.bin'), '');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'previews-private', 'secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(root, 'link.txt'));
  symlinkSync(folder, join(root, 'up'));
  symlinkSync(join(root, 'clip one'), join(root, 'inside'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a file below a folder', () => {
  it.each(['clip%20one/proxy.mp4', 'inside/proxy.mp4'])('%s is found', async (path) => {
    expect(await fileBelow(root, path)).toMatch(/proxy\.mp4$/);
  });

  it.each([
    '../secret.txt',
    '%2e%2e/secret.txt',
    '%2E%2E%2Fsecret.txt',
    'clip%20one/../../secret.txt',
    'clip%20one/%2e%2e/%2e%2e/secret.txt',
    '..%5csecret.txt',
    '%252e%252e/secret.txt',
    '../previews-private/secret.txt',
    '/etc/hostname',
    '%2Fetc%2Fhostname',
    '//etc/hostname',
    'C:/secret.txt',
    'C%3A%5Csecret.txt',
    'link.txt',
    'up/secret.txt',
    'clip%20one',
    'clip%20one/',
    '.',
    '',
    'proxy.mp4%00.txt',
    '%',
    'absent.mp4',
  ])('%j is nothing', async (path) => {
    expect(await fileBelow(root, path)).toBeNull();
  });
});

describe('a Range header', () => {
  it.each([
    [null, null],
    ['bytes=0-', { start: 0, end: 9 }],
    ['bytes=2-5', { start: 2, end: 5 }],
    ['bytes=8-100', { start: 8, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-30', { start: 0, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-2', null],
    ['bytes=-', null],
    ['bytes=0-1,3-4', null],
    ['items=0-1', null],
  ] as const)('%j of ten bytes is %j', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  it('of an empty file is never satisfiable', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(parseRange('bytes=-1', 0)).toBe('unsatisfiable');
  });
});

describe('an answer', () => {
  const ask = (path: string, init: RequestInit = {}) =>
    serveFile(root, path, new Request('http://x/', init), { 'x-own': 'yes' });

  it('is the whole file with its type', async () => {
    const response = await ask('clip%20one/proxy.mp4');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('video/mp4');
    expect(response.headers.get('content-length')).toBe('10');
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    expect(response.headers.get('x-own')).toBe('yes');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe('0123456789');
  });

  it('is the part that was asked for', async () => {
    const response = await ask('clip%20one/proxy.mp4', { headers: { range: 'bytes=3-5' } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe('bytes 3-5/10');
    expect(await response.text()).toBe('345');
  });

  it('says how long a file is when the part lies behind its end', async () => {
    const response = await ask('clip%20one/proxy.mp4', { headers: { range: 'bytes=99-' } });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */10');
  });

  it('has no body for HEAD and for an empty file', async () => {
    const head = await ask('clip%20one/proxy.mp4', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
    const empty = await ask('empty.bin');
    expect([empty.status, empty.headers.get('content-length'), await empty.text()]).toEqual([200, '0', '']);
  });

  it('refuses what is not reading, and what is not there', async () => {
    expect((await ask('clip%20one/proxy.mp4', { method: 'POST' })).status).toBe(405);
    expect((await ask('../secret.txt')).status).toBe(404);
  });
});
