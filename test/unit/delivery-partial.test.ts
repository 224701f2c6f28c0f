/** What a stopped export has finished waits in a hidden folder, until it goes on or is thrown away. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestOf, forgetPartial, PartialFolder } from '../../src/main/engine/delivery/partial.ts';
import { tempFolder } from '../helpers/clips.ts';

it('is thrown away for its folder alone, and not while it is being written', async () => {
  using folder = tempFolder();
  const hidden = () => readdirSync(folder.path).filter((name) => name.startsWith('.retake-partial'));
  const [film, other] = [folder.at('film'), folder.at('other')];
  for (const where of [film, other]) {
    const partial = await PartialFolder.open(where, digestOf(where));
    writeFileSync(join(partial.out, 'a.mov'), 'frames');
    await partial.keep('a.mov', 'digest', {});
    await expect(forgetPartial(where)).rejects.toThrow('being written');
    await partial.leave();
  }
  // Of something else that is half-written there.
  mkdirSync(folder.at('.retake-partial-take'));
  expect(hidden().length).toBe(3);
  expect(await forgetPartial(folder.at('another'))).toBe(false);
  expect(await forgetPartial(film)).toBe(true);
  expect(await forgetPartial(film)).toBe(false);
  expect(hidden().length).toBe(2);
  const again = await PartialFolder.open(other, digestOf(other));
  expect(await again.finished('a.mov', 'digest')).toEqual({});
  await again.leave();
});
