import { describe, expect, it } from 'vitest';
import { isPortableName, portableName } from '../../src/common/file-name.ts';
import { checkAddress, isOwnAddress } from '../../src/main/engine/library/address.ts';
import { fileName } from '../../src/main/engine/queue/take-name.ts';

describe('names that mean the same everywhere', () => {
  it.each(['take 1.mov', 'console', 'com', 'com10.txt', 'nullable', '.hidden', 'ähm', '映画', 'a.con'])(
    'are taken: %s',
    (name) => {
      expect(isPortableName(name)).toBe(true);
      expect(portableName(name, 'x')).toBe(name);
    },
  );

  it.each([
    '',
    'CON',
    'nul',
    'Aux.txt',
    'COM1.txt',
    'lpt¹',
    'prn .x',
    'a.',
    'a ',
    'a:b',
    'a/b',
    'a\\b',
    'a\u0000b',
    'CONIN$',
  ])('are refused and mended: %j', (name) => {
    expect(isPortableName(name)).toBe(false);
    expect(isPortableName(portableName(name, 'x'))).toBe(true);
  });

  it('takes of a shot that is called like a device', () => {
    for (const shot of ['con', 'NUL.tar', 'com1', '...', 'a/b:c'])
      expect(isPortableName(`${fileName(shot)} 1.mov`)).toBe(true);
  });
});

describe('addresses of this machine and its networks', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
  ])('%s is one', (address) => expect(isOwnAddress(address)).toBe(true));
  it.each(['1.1.1.1', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])(
    '%s is none',
    (address) => expect(isOwnAddress(address)).toBe(false),
  );
});

describe('where a download may be led', () => {
  const asked = 'https://models.example';
  const at =
    (...addresses: string[]) =>
    async () =>
      addresses;
  it('to the same server, however that is reached', async () => {
    await checkAddress('http://127.0.0.1:80/a', 'http://127.0.0.1', at('127.0.0.1'));
    await checkAddress('https://models.example/b', asked, at('10.0.0.1'));
  });
  it('to public servers over https', async () => {
    await checkAddress('https://cdn.example/b', asked, at('1.1.1.1', '2606:4700::1111'));
    // A proxy knows the name, this machine does not.
    await checkAddress('https://cdn.example/b', asked, at());
  });
  it.each([
    ['http://cdn.example/b', ['1.1.1.1']],
    ['http://models.example/b', ['1.1.1.1']],
    ['https://cdn.example/b', ['1.1.1.1', '127.0.0.1']],
    ['https://[::1]/b', []],
    ['https://[::ffff:7f00:1]/b', []],
    ['https://2130706433/b', []],
    ['https://x.localhost./b', []],
    ['https://user:secret@cdn.example/b', ['1.1.1.1']],
    ['ftp://cdn.example/b', ['1.1.1.1']],
  ])('never to %s', async (to, addresses) => {
    await expect(checkAddress(to, asked, at(...addresses))).rejects.toMatchObject({
      code: 'download-failed',
    });
  });
});
