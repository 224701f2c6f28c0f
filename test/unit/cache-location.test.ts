import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { dataDirectory, prepareDataDirectory } from '../../src/main/engine/data-paths.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

describe('data directory', () => {
  it.each([
    [{ RETAKE_HOME: '/r' }, 'linux', resolve('/r')],
    [{ RETAKE_HOME: 'here' }, 'linux', resolve('here')],
    [{ RETAKE_HOME: '/r', XDG_DATA_HOME: '/x' }, 'linux', resolve('/r')],
    [{ XDG_DATA_HOME: '/x' }, 'linux', join('/x', 'retake')],
    [{ XDG_DATA_HOME: 'relative' }, 'linux', join('/home/a', '.local', 'share', 'retake')],
    [{ RETAKE_HOME: '', XDG_DATA_HOME: '' }, 'linux', join('/home/a', '.local', 'share', 'retake')],
    [{ XDG_DATA_HOME: '/x' }, 'darwin', join('/home/a', 'Library', 'Application Support', 'Retake')],
    [{ LOCALAPPDATA: '/local' }, 'win32', join('/local', 'Retake')],
    [{}, 'win32', join('/home/a', 'AppData', 'Local', 'Retake')],
  ] as const)('%j on %s is %s', (env, platform, expected) => {
    expect(dataDirectory(env, platform, '/home/a')).toBe(expected);
  });

  it('is created, with a folder for jobs, and left clean', () => {
    const dir = join(tempFolder(), 'a', 'ünï code');
    const paths = prepareDataDirectory(dir);
    expect(readdirSync(dir)).toEqual(['jobs']);
    expect(existsSync(paths.jobs)).toBe(true);
    expect(prepareDataDirectory(dir)).toEqual(paths);
  });

  it('that is a file is refused, naming the way out', () => {
    const dir = join(tempFolder(), 'taken');
    writeFileSync(dir, '');
    expect(() => prepareDataDirectory(dir)).toThrow(AppError);
    expect(() => prepareDataDirectory(dir)).toThrow(
      expect.objectContaining({ code: 'cache-unusable', hint: expect.stringContaining('RETAKE_HOME') }),
    );
  });

  it.skipIf(process.getuid?.() === 0)('that cannot be written is refused', () => {
    const dir = join(tempFolder(), 'locked');
    mkdirSync(join(dir, 'jobs'), { recursive: true });
    chmodSync(dir, 0o500);
    expect(() => prepareDataDirectory(dir)).toThrow(expect.objectContaining({ code: 'cache-unusable' }));
  });
});
