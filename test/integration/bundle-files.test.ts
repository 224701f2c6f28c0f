/** Whatever lies where a file of a bundle should be, opening and inspecting end, at once and in a sentence. */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError, errorLine } from '../../src/common/errors.ts';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

/** Larger than any file may be: the limit of weights, and of all the others. */
const WEIGHTS = 65 * 2 ** 30;
const OTHERS = 5 * 2 ** 30;

const KINDS: Readonly<Record<string, (path: string) => Promise<void>>> = {
  'a pipe': async (path) => void execFileSync('mkfifo', [path]),
  'a folder': async (path) => void (await mkdir(path)),
  'a device without end': (path) => symlink('/dev/zero', path),
  'a terminal-like device': (path) => symlink('/dev/tty', path),
  'a link to itself': (path) => symlink(path, path),
  'a file of gigabytes': async (path) => {
    await writeFile(path, '');
    await truncate(path, path.endsWith('.data') ? WEIGHTS : OTHERS);
  },
};

describe.skipIf(process.platform === 'win32').each(Object.keys(KINDS))('%s in place of', (kind) => {
  it('every file of a bundle', async () => {
    const sound = join(tempFolder(), 'tiny');
    await writeTinyBundle(sound, { kind: 'depth', external: 'w.data', depth: {} });
    await writeFile(join(sound, 'tokenizer', 'special_tokens_map.json'), '{}');
    const entries = await readdir(sound, { recursive: true, withFileTypes: true });
    const files = entries.flatMap((entry) =>
      entry.isFile() ? [relative(sound, join(entry.parentPath, entry.name))] : [],
    );
    expect(files.length).toBeGreaterThan(15);
    const opened: string[] = [];
    for (const file of files) {
      const dir = join(tempFolder(), 'tiny');
      await cp(sound, dir, { recursive: true });
      await rm(join(dir, file));
      await KINDS[kind]!(join(dir, file));
      const started = performance.now();
      const error: unknown = await openBundle(dir, { sites: 'decoder', provider: 'cpu' }).then(
        (bundle) => bundle.close(),
        (reason) => reason,
      );
      if (error === undefined) opened.push(file);
      else {
        expect(error, file).toBeInstanceOf(AppError);
        expect(errorLine(error)).not.toMatch(/\n|EISDIR|EINVAL|ELOOP|ENXIO|Zod|undefined/);
      }
      const report = await inspectBundle(dir).catch((reason: unknown) => reason);
      if (report instanceof Error) expect(report, file).toBeInstanceOf(AppError);
      else expect((report as { defects: unknown[] }).defects.length, file).toBeGreaterThan(0);
      expect(performance.now() - started, file).toBeLessThan(30_000);
      await rm(dir, { recursive: true });
    }
    expect(opened).toEqual([]);
  });
});
