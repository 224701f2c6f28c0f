/** What strangers pack: each is refused in one line before anything of it lies in the folder of plugins, or beside it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { digest, listed, manifestWith, type PluginFiles, packed, zipOf } from '../helpers/plugin.ts';

let dir = '';
let plugins = new Plugins({ dir: '/nowhere', contributors: [] });
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'retake-archives-'));
  plugins = new Plugins({ dir: join(dir, 'home/plugins'), contributors: [] });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const zip = () => join(dir, 'it.zip');
const code = { 'index.js': 'export default {};' };
const manifestOf = (files: PluginFiles, other: object = {}) =>
  JSON.stringify({ ...manifestWith(), files: listed(files), ...other });
const whole = (files: PluginFiles) => ({ 'retake-plugin.json': manifestOf(files), ...files });

/** Writes other bytes of the same length wherever some stand. */
async function patch(from: string, to: string): Promise<void> {
  const held = (await readFile(zip())).toString('latin1');
  expect(held).toContain(from);
  await writeFile(zip(), Buffer.from(held.replaceAll(from, to), 'latin1'));
}

/** Changes a number of the central directory's row of a file: 4 bytes at `offset` of the row. */
async function patchRow(name: string, offset: number, value: number): Promise<void> {
  const held = await readFile(zip());
  const row = held.lastIndexOf(Buffer.from(name)) - 46;
  expect(held.readUInt32LE(row)).toBe(0x02014b50);
  held.writeUInt32LE(value, row + offset);
  await writeFile(zip(), held);
}

const attacks: [string, () => Promise<unknown>, RegExp][] = [
  ['is no archive', () => writeFile(zip(), 'x'.repeat(100)), /archive is damaged/],
  ['is empty', () => writeFile(zip(), ''), /archive is damaged/],
  [
    'is cut off',
    async () => {
      await packed(zip());
      await truncate(zip(), 300);
    },
    /archive is damaged/,
  ],
  ['has no manifest', () => zipOf(zip(), code), /there is no retake-plugin.json in it/],
  [
    'has two manifests',
    async () => {
      await zipOf(zip(), { ...whole(code), 'retake-plugin.jsox': manifestOf(code) });
      await patch('retake-plugin.jsox', 'retake-plugin.json');
    },
    /"retake-plugin.json" is there twice/,
  ],
  [
    'has a huge manifest',
    () => zipOf(zip(), { ...code, 'retake-plugin.json': ' '.repeat(2e6) }),
    /retake-plugin.json is larger than a megabyte/,
  ],
  ['lists no files', () => packed(zip(), { files: undefined }), /its manifest lists no files/],
  [
    'lies about a hash',
    () => packed(zip(), { files: { 'index.js': digest('another') } }),
    /"index.js" is not the file that its list names/,
  ],
  [
    'brings what it does not list',
    () => packed(zip(), { files: listed(code) }, { ...code, 'more.js': '' }),
    /"more.js" is in it and not in its list/,
  ],
  [
    'lists what it does not bring',
    () => packed(zip(), { files: { ...listed(code), 'more.js': digest('') } }),
    /"more.js" is in its list of files and not in it/,
  ],
  [
    'runs a file that is not there',
    () => packed(zip(), {}, { 'a.js': '' }),
    /its file "index.js" is not there/,
  ],
  [
    'contributes a folder that is not there',
    () => packed(zip(), { contributes: { models: [{ id: 'm', label: 'M', folder: 'model' }] } }),
    /its folder "model" is not there/,
  ],
  ['has a native addon', () => packed(zip(), {}, { ...code, 'fast.node': 'ELF' }), /no plugin may have one/],
  [
    'climbs out',
    async () => {
      await zipOf(zip(), whole({ ...code, 'ab/evil.js': '' }));
      await patch('ab/evil.js', '../evil.js');
    },
    /invalid relative path/,
  ],
  [
    'climbs out on the way',
    async () => {
      await zipOf(zip(), whole({ ...code, 'a/bb/cc/evil.js': '' }));
      await patch('a/bb/cc/evil.js', 'a/../../evil.js');
    },
    /invalid relative path/,
  ],
  [
    'begins at the root',
    async () => {
      await zipOf(zip(), whole({ ...code, 'xabc/evil.js': '' }));
      await patch('xabc/evil.js', '/abc/evil.js');
    },
    /absolute path/,
  ],
  [
    'begins at a drive',
    async () => {
      await zipOf(zip(), whole({ ...code, 'cx/evil.js': '' }));
      await patch('cx/evil.js', 'c:/evil.js');
    },
    /absolute path/,
  ],
  [
    'climbs out with backslashes',
    async () => {
      await zipOf(zip(), whole({ ...code, 'ab/evil.js': '' }));
      await patch('ab/evil.js', '..\\evil.js');
    },
    /invalid characters in fileName/,
  ],
  [
    'has a link',
    () =>
      zipOf(zip(), whole({ ...code, 'a.txt': '/etc/passwd' }), (name) =>
        name === 'a.txt' ? { mode: 0o120777 } : {},
      ),
    /"a.txt" is a link/,
  ],
  [
    'has a device',
    () =>
      zipOf(zip(), whole({ ...code, 'a.txt': '' }), (name) => (name === 'a.txt' ? { mode: 0o020666 } : {})),
    /"a.txt" is a link or something else/,
  ],
  [
    'differs in capitals alone',
    () => zipOf(zip(), whole({ ...code, 'INDEX.js': '' })),
    /"INDEX.js" is there twice/,
  ],
  [
    'has a file that is a folder',
    () => zipOf(zip(), whole({ ...code, a: '', 'a/b': '' })),
    /"a" is a file and a folder/,
  ],
  [
    'has a name that Windows keeps',
    () => zipOf(zip(), whole({ ...code, 'x/aux.js': '' })),
    /"x\/aux.js" is no name/,
  ],
  ['has a name with a stream', () => zipOf(zip(), whole({ ...code, 'ab:c': '' })), /"ab:c" is no name/],
  ['has a hidden file', () => zipOf(zip(), whole({ ...code, 'x/.env': '' })), /"x\/.env" is hidden/],
  [
    'is deep',
    () => zipOf(zip(), whole({ ...code, [`${'a/'.repeat(40)}b`]: '' })),
    /lies deeper than 10 folders/,
  ],
  ['has a long name', () => zipOf(zip(), whole({ ...code, [`${'a'.repeat(300)}`]: '' })), /longer than 200/],
  [
    'has too many files',
    () => {
      const many = Object.fromEntries(Array.from({ length: 4100 }, (_, i) => [`f${i}`, '']));
      // What is stored takes no deflater, of which each takes longer to make than to use.
      return zipOf(zip(), { ...whole(code), ...many }, () => ({ compress: false }));
    },
    /has more than 4000 entries/,
  ],
  [
    'grows without end',
    () => packed(zip(), {}, { ...code, zeros: Buffer.alloc(12e6) }),
    /would grow from .* to 12 MB/,
  ],
  [
    'grows more than it says',
    async () => {
      await packed(zip(), {}, { ...code, zeros: Buffer.alloc(12e6) });
      await patchRow('zeros', 24, 1000);
    },
    /archive is damaged: too many bytes/,
  ],
  [
    'says that it is 4 GB',
    async () => {
      await packed(zip(), {}, { ...code, zeros: Buffer.alloc(100) });
      await patchRow('zeros', 24, 0xfffffffe);
    },
    /would grow from .* to 4.29 GB/,
  ],
  [
    'is encrypted',
    async () => {
      await packed(zip());
      const held = await readFile(zip());
      for (let row = held.indexOf('PK\x01\x02'); row >= 0; row = held.indexOf('PK\x01\x02', row + 1))
        held[row + 8]! |= 1;
      await writeFile(zip(), held);
    },
    /is encrypted/,
  ],
  [
    'is packed in an unknown way',
    async () => {
      await packed(zip());
      const held = await readFile(zip());
      for (let row = held.indexOf('PK\x01\x02'); row >= 0; row = held.indexOf('PK\x01\x02', row + 1))
        held[row + 10] = 14;
      await writeFile(zip(), held);
    },
    /packed in a way that is not read here/,
  ],
  [
    'has damaged data',
    async () => {
      await packed(zip(), {}, { 'index.js': 'abcdefgh'.repeat(1000) });
      const held = await readFile(zip());
      held.fill(0xff, held.indexOf('index.js') + 8, held.indexOf('index.js') + 20);
      await writeFile(zip(), held);
    },
    /archive is damaged|is not the file that its list names/,
  ],
];

describe('an archive', () => {
  it.each(attacks)('that %s is refused', async (_what, make, line) => {
    await make();
    const before = await readdir(dir);
    const install = async () => plugins.install(zip(), (await plugins.look(zip())).consent);
    await expect(install()).rejects.toThrow(line);
    await expect(install()).rejects.toMatchObject({ code: 'plugin-invalid' });
    const lies = await readdir(join(dir, 'home/plugins')).catch(() => []);
    expect(lies.filter((name) => name !== '.lock')).toEqual([]);
    expect((await readdir(dir)).filter((name) => name !== 'home')).toEqual(before);
    expect(await plugins.list()).toEqual([]);
  });

  it('with its folder around it is taken as what is in it, and one in another is nothing but a file', async () => {
    const inner = await readFile(await packed(zip(), {}, { zeros: Buffer.alloc(12e6) }));
    const files = { ...code, 'inner.zip': inner };
    const around = Object.entries(whole(files)).map(([name, held]) => [`my-plugin/${name}`, held]);
    await zipOf(zip(), Object.fromEntries(around));
    await plugins.install(zip(), (await plugins.look(zip())).consent);
    const [found] = await plugins.list();
    expect(found?.problems).toEqual([]);
    expect((await readdir(found!.path)).sort()).toEqual(['index.js', 'inner.zip', 'retake-plugin.json']);
  });

  it('takes no other place than that of its id', async () => {
    await packed(zip(), { id: 'org.example.first' });
    await plugins.install(zip(), (await plugins.look(zip())).consent);
    await packed(zip(), { id: 'org.example.second', name: 'org.example.first' });
    await plugins.install(zip(), (await plugins.look(zip())).consent);
    expect((await plugins.list()).map(({ id }) => id)).toEqual(['org.example.first', 'org.example.second']);
    await packed(zip(), { id: 'retake.methods' });
    await expect(plugins.look(zip())).rejects.toThrow(/kept for what comes with Retake/);
  });
});
