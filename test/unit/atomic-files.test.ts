import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  copyWhole,
  makeWhole,
  publish,
  publishEach,
  publishSync,
  sync,
  writeWhole,
  writeWholeSync,
} from '../../src/main/atomic-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const src = join(import.meta.dirname, '../../src');

describe('a name that is published', () => {
  it('is published in one file alone, which puts the folder on the disk as well', () => {
    const renaming = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .filter((name) =>
        /\brename(Sync)?\(|\bf(data)?sync(Sync)?\(/.test(readFileSync(join(src, name), 'utf8')),
      );
    expect(renaming).toEqual([join('main', 'atomic-files.ts')]);
  });

  it.each([
    ['publish', publish],
    ['publishSync', async (from: string, to: string) => publishSync(from, to)],
  ])('%s replaces a file, moves a folder, and says what is missing', async (_, move) => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'new'), 'new');
    writeFileSync(join(folder, 'old'), 'old');
    await move(join(folder, 'new'), join(folder, 'old'));
    expect(readFileSync(join(folder, 'old'), 'utf8')).toBe('new');
    mkdirSync(join(folder, 'sub'));
    mkdirSync(join(folder, 'other'));
    await move(join(folder, 'sub'), join(folder, 'other', 'sub'));
    expect(existsSync(join(folder, 'other', 'sub'))).toBe(true);
    await expect(move(join(folder, 'gone'), join(folder, 'x'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('publishEach moves many files under their names', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'a'));
    mkdirSync(join(folder, 'b'));
    for (const name of ['1', '2']) writeFileSync(join(folder, 'a', name), name);
    await publishEach(['1', '2'], join(folder, 'a'), join(folder, 'b'));
    expect(readdirSync(join(folder, 'b')).sort()).toEqual(['1', '2']);
  });

  it('waits for what another program holds for a moment, and only for that', async ({ skip }) => {
    const folder = tempFolder();
    const [held, free] = [join(folder, 'held'), join(folder, 'free')];
    mkdirSync(held);
    // A folder with a disk of its own cannot be renamed: the one way to be held that Linux has.
    skip(spawnSync('mount', ['--bind', held, held]).status !== 0, 'nothing may be mounted here');
    await expect(publish(held, free, [1, 1])).rejects.toMatchObject({ code: 'EBUSY' });
    const moved = publish(held, free, Array(1000).fill(10));
    await sleep(50);
    expect(existsSync(free)).toBe(false);
    execFileSync('umount', [held]);
    await moved;
    expect(existsSync(free)).toBe(true);
    await expect(publish(held, free, [60_000])).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('stands also in a folder that cannot be listed or is gone', async () => {
    const folder = tempFolder();
    await writeWhole(join(folder, 'x'), 'x');
    chmodSync(folder, 0o300);
    await sync(folder);
    chmodSync(folder, 0o700);
    await sync(join(folder, 'gone'));
  });
});

describe('a file that appears whole', () => {
  const views = [new Float32Array([1, 2]), Buffer.from('x')];

  it.each([
    ['text', (path: string) => writeWhole(path, 'ü'), Buffer.from('ü')],
    ['bytes', (path: string) => writeWhole(path, views[0]!), Buffer.from(views[0]!.buffer)],
    [
      'parts',
      (path: string) => writeWhole(path, views),
      Buffer.concat([new Uint8Array(views[0]!.buffer), views[1] as Buffer]),
    ],
    ['text at once', async (path: string) => writeWholeSync(path, 'ü'), Buffer.from('ü')],
  ])('%s, over what was there and under the longest of names', async (_, write, wanted) => {
    const folder = tempFolder();
    const path = join(folder, 'n'.repeat(255));
    writeFileSync(path, 'old');
    await write(path);
    expect(readFileSync(path)).toEqual(wanted);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('a copy keeps the rights of what may only be read', async () => {
    const folder = tempFolder();
    const [from, to] = [join(folder, 'card.mov'), join(folder, 'copy.mov')];
    writeFileSync(from, 'footage', { mode: 0o444 });
    await copyWhole(from, to);
    expect(readFileSync(to, 'utf8')).toBe('footage');
    expect(statSync(to).mode & 0o777).toBe(0o444);
  });

  it('leaves nothing, and what was there, where it is not made', async () => {
    const folder = tempFolder();
    const path = join(folder, 'x');
    writeFileSync(path, 'old');
    const make = async (temporary: string) => {
      writeFileSync(temporary, 'ha');
      throw new Error('half');
    };
    await expect(makeWhole(path, make)).rejects.toThrow('half');
    await expect(writeWhole(join(folder, 'gone', 'x'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    mkdirSync(join(folder, 'taken'));
    expect(() => writeWholeSync(join(folder, 'taken'), 'x')).toThrow('EISDIR');
    expect(readdirSync(folder).sort()).toEqual(['taken', 'x']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });
});
