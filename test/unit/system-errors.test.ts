/** No word of the operating system reaches the artist as it is. */

import { mkdir, open, readFile, rmdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError, errorLine, toWire, withHint } from '../../src/common/errors.ts';
import { systemWords } from '../../src/common/system-errors.ts';
import { fromSystem } from '../../src/main/engine/media/target.ts';
import { tempFolder } from '../helpers/clips.ts';

const RAW = /\bE[A-Z]{2,}\b|\bError\b|errno|syscall/;

describe('what the system says', () => {
  it('is worded with the name of the file, whatever fails', async () => {
    using folder = tempFolder();
    await mkdir(folder.at('full'));
    await writeFile(folder.at('full/file.mov'), '');
    const failures: Record<string, () => Promise<unknown>> = {
      'gone.mov': () => readFile(folder.at('gone.mov')),
      full: () => mkdir(folder.at('full')),
      'full ': () => rmdir(folder.at('full')),
      'full  ': () => readFile(folder.at('full')),
      inside: () => readFile(join(folder.at('full/file.mov'), 'inside')),
      'file.mov': () => open(folder.at('full/file.mov'), 'wx'),
    };
    for (const [name, fail] of Object.entries(failures)) {
      const error = await fail().then(
        () => null,
        (error: unknown) => error,
      );
      expect(errorLine(error)).not.toMatch(RAW);
      // What was being done names the file already; a temporary name beside it means nothing to an artist.
      expect(errorLine(fromSystem(error, 'writing t.mov'))).toMatch(/^writing t\.mov: [a-z ]+[^:]*$/);
      expect(errorLine(fromSystem(error, 'writing t.mov'))).not.toMatch(RAW);
      if (name !== 'full  ') expect(errorLine(error)).toMatch(new RegExp(`^${name.trim()}: `));
    }
  });

  it('is understood by its text alone, as another process hands it on', () => {
    const told = new Error(
      "Error invoking remote method 'file.reveal': Error: EEXIST: file already exists, mkdir '/films/beach'",
    );
    expect(errorLine(told)).toBe('beach: something of that name is there already. Choose another name.');
  });

  it('tells a full disk apart', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(toWire(full)).toMatchObject({ code: 'disk-full', message: 'the disk is full' });
  });

  it('has a sentence for every code there is, and leaves bugs alone', () => {
    for (const code of Object.keys(constants.errno)) {
      const words = systemWords(Object.assign(new Error(`${code}: no words`), { code }));
      expect(words?.message).toMatch(/ /);
    }
    expect(systemWords(new TypeError('x is not a function'))).toBeNull();
    expect(systemWords(Object.assign(new Error('bad'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeNull();
    expect(toWire(new Error('oops'))).toMatchObject({ code: 'internal' });
  });
});

it('what is wrong and what to try are two sentences of one line, however they end', () => {
  expect(withHint('the file\nis empty', 'Copy it again.')).toBe('the file is empty. Copy it again.');
  expect(withHint('It stopped. ', null)).toBe('It stopped.');
  const error = new AppError('usage', 'it is empty.', { doing: 'reading a.mov', hint: 'Copy it again.' });
  expect(errorLine(error)).toBe('reading a.mov: it is empty. Copy it again.');
});
