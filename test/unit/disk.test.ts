import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publish, publishEach, publishSync, syncFolder, writeWhole } from '../../src/main/engine/disk.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const engine = join(import.meta.dirname, '../../src/main/engine');

describe('a name that is published', () => {
  it('is published by disk.ts alone, which puts the folder on the disk as well', () => {
    const renaming = readdirSync(engine, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'disk.ts')
      .filter((name) => /\brename(Sync)?\(/.test(readFileSync(join(engine, name), 'utf8')));
    expect(renaming).toEqual([]);
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

  it('stands also in a folder that cannot be listed or is gone', async () => {
    const folder = tempFolder();
    await writeWhole(join(folder, 'x'), 'x');
    chmodSync(folder, 0o300);
    await syncFolder(folder);
    chmodSync(folder, 0o700);
    await syncFolder(join(folder, 'gone'));
  });
});
