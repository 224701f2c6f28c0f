/** Flows are estimated in threads of their own: to the bit, cancellable, and nothing of them keeps a process alive. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import { disFlow } from '../../src/main/engine/flow/dis.ts';
import { estimateFlow } from '../../src/main/engine/flow/estimate.ts';
import { movedPair, shifted } from '../helpers/moved-pictures.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const size = { width: 96, height: 64 };
const pairs = [0, 1, 2, 3, 4].map((i) => movedPair(size.width, size.height, shifted(1 + i, -i / 2), i));

it('gives what the function gives, in the order asked for, and leaves the loop free', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const flows = await Promise.all(pairs.map(({ a, b }) => estimateFlow(a, b, size)));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  flows.forEach((flow, i) => {
    expect(flow).toEqual(disFlow(pairs[i]!.a, pairs[i]!.b, size.width, size.height));
  });
});

it('is given up at once, whether it waits or runs, and the others go on', async () => {
  const controller = new AbortController();
  const given = pairs.map(({ a, b }) => estimateFlow(a, b, size, controller.signal));
  const kept = estimateFlow(pairs[0]!.a, pairs[0]!.b, size);
  const ends = Promise.allSettled(given);
  controller.abort();
  for (const end of await ends) {
    expect(end).toMatchObject({ status: 'rejected', reason: expect.any(Cancelled) });
  }
  expect((await kept).data).toEqual(disFlow(pairs[0]!.a, pairs[0]!.b, size.width, size.height).data);
  await expect(estimateFlow(pairs[0]!.a, pairs[0]!.b, size, controller.signal)).rejects.toThrow(Cancelled);
});

it('brings an error back, and works after it', async () => {
  await expect(estimateFlow(pairs[0]!.a, pairs[0]!.b, { width: 5, height: 5 })).rejects.toThrow(
    /two RGB pictures of the size given/,
  );
  expect((await estimateFlow(pairs[1]!.a, pairs[1]!.b, size)).width).toBe(96);
});

it.each([
  ['after an answer', 'await estimateFlow(a, a, size); console.log("done");', 'done\n', 0],
  ['while it must work on', 'estimateFlow(a, a, size).then(() => console.log("done"));', 'done\n', 0],
  ['in the middle of it', 'estimateFlow(a, a, size); setTimeout(() => process.exit(3), 100);', '', 3],
  [
    'when it is given up',
    'const c = new AbortController(); estimateFlow(a, a, size, c.signal).catch((e) => console.log(e.name)); c.abort();',
    'Cancelled\n',
    0,
  ],
])('lets its process end %s', (_, script, output, status) => {
  const file = join(tempFolder(), 'script.ts');
  const module = join(root, 'src/main/engine/flow/estimate.ts');
  const text = `import { estimateFlow } from ${JSON.stringify(module)};
    const size = { width: 256, height: 256 };
    const a = new Uint8Array(256 * 256 * 3).map((_, i) => (i * 37) % 256);
    ${script}`;
  writeFileSync(file, text);
  const ended = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 30_000 });
  expect(ended).toMatchObject({ stdout: output, stderr: '', status, signal: null });
});
