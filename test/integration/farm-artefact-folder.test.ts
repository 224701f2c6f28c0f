/** Artefacts of one machine, in a folder, in the store of another. */
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LARGE_BYTES } from '../../src/main/engine/artefacts/files.ts';
import { kinds } from '../../src/main/engine/artefacts/kinds.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { differences, takeIn, writeArtefacts } from '../../src/main/engine/farm/artefact-folder.ts';
import { entryFor, frameOf, largeFor, putFrame } from '../helpers/cache-entries.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

function store(now = 1000): ArtefactStore {
  const onWarning = (line: string) => expect.fail(line);
  return new ArtefactStore(join(tempFolder(), 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning,
    now: () => now,
  });
}

async function packed(...keys: string[]) {
  const from = store();
  for (const key of keys) putFrame(from, key);
  const large = largeFor(1);
  from.put(kinds.trajectory, 'large', large, { ...entryFor('large').names, psnr: 31.5 });
  const folder = join(tempFolder(), 'desk');
  const written = await writeArtefacts(folder, from, ['missing', ...keys, 'large', 'large']);
  return { from, folder, written, large };
}

test('what one store gave out another has to the bit, with all that is told of it', async () => {
  const { from, folder, written, large } = await packed('a', 'b');
  expect(large.data.byteLength).toBeGreaterThan(LARGE_BYTES);
  expect(written.items).toBe(3);
  const to = store(2000);
  const taken = await takeIn(folder, to);
  expect(taken).toMatchObject({ items: 3, bytes: written.bytes, keys: ['a', 'b', 'large'], damaged: [] });
  expect(to.list()).toEqual(from.list());
  expect(frameOf(to, 'a')).toEqual(frameOf(from, 'a'));
  expect(to.get(kinds.trajectory, 'large')).toMatchObject({
    value: large,
    meta: { psnr: 31.5, created: 1000 },
  });
  expect(await to.verify()).toMatchObject({ items: 3, damaged: 0 });
  // A second time there is nothing left to do, and all of it is known as being there.
  expect(await takeIn(folder, to)).toMatchObject({ items: 0, keys: ['a', 'b', 'large'] });
});

test('what is damaged is named and left; the rest is taken in', async () => {
  const { folder } = await packed('a', 'b', 'c');
  const [index, contents] = [join(folder, 'index.jsonl'), join(folder, 'contents')];
  const lines = readFileSync(index, 'utf8').split('\n');
  const bytes = readFileSync(contents);
  const { at, meta } = JSON.parse(lines[1]!);
  bytes[at + 5]! ^= 1;
  writeFileSync(contents, bytes);
  truncateSync(contents, bytes.length - 1);
  // Another key for the bytes of c would be a lie that nobody sees in the picture.
  writeFileSync(index, lines.with(2, lines[2]!.replace('"key":"c"', '"key":"d"')).join('\n'));
  appendFileSync(index, '{"key":');
  const to = store();
  const taken = await takeIn(folder, to);
  expect(taken.keys).toEqual(['a']);
  expect(taken.damaged).toHaveLength(4);
  expect(taken.damaged).toEqual(expect.arrayContaining([meta.name, 'line 5 of index.jsonl']));
  expect(to.list().map(({ key }) => key)).toEqual(['a']);
});

test('two attempts are compared by what they made, not by when', async () => {
  const { folder } = await packed('a', 'b');
  const later = store(9999);
  putFrame(later, 'a');
  const same = join(tempFolder(), 'twin');
  await writeArtefacts(same, later, ['a']);
  expect(await differences(folder, same)).toEqual([]);
  const other = store();
  const { names } = entryFor('a');
  other.put(kinds.inversion, 'a', { shape: [1], data: new Float32Array(1) }, { ...names, psnr: null });
  const unlike = join(tempFolder(), 'twin');
  await writeArtefacts(unlike, other, ['a']);
  expect(await differences(folder, unlike)).toEqual([names.name]);
});
