/** Flow against pictures whose motion is known, and against OpenCV's dense inverse search, by `npm run golden`. */
import { copyFileSync, cpSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { table } from '../../tools/golden/compare.ts';
import { runGolden } from '../../tools/golden/golden.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const cases = resolve(import.meta.dirname, 'flow');

it('is as near to the truth as OpenCV, or nearer', async () => {
  const rows = await runGolden(cases);
  expect(rows.map(({ case: name, output }) => `${name} ${output}`)).toEqual([
    'far flow',
    'light flow',
    'occlusion flow',
    'occlusion hidden',
    'rotate-zoom flow',
    'shift flow',
  ]);
  expect(
    rows.filter(({ status }) => status !== 'pass'),
    table(rows),
  ).toEqual([]);
  // More than half of what is found hidden is, and the other way round.
  const hidden = rows.find(({ output }) => output === 'hidden')!;
  expect(Number(/F1 (\S+)/.exec(hidden.note!)![1])).toBeGreaterThan(0.6);
});

it('fails where the pictures are not those of the flow, and where there is nothing to compare with', async () => {
  const root = tempFolder();
  cpSync(join(cases, 'shift'), join(root, 'shift'), { recursive: true });
  copyFileSync(join(cases, 'shift/a.png'), join(root, 'shift/b.png'));
  expect(await runGolden(root)).toMatchObject([{ output: 'flow', status: 'fail', tolerance: 0.3 }]);
  rmSync(join(root, 'shift/flow.npy'));
  expect(await runGolden(root)).toMatchObject([
    { status: 'fail', note: expect.stringContaining('neither flow.npy nor dis.npy') },
  ]);
});
