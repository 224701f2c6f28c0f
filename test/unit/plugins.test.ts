import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Contributor, Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { manifestWith } from '../helpers/plugin.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'retake-plugins-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function lay(id: string, manifest: object | string): Promise<void> {
  await mkdir(join(dir, id), { recursive: true });
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  await writeFile(join(dir, id, 'retake-plugin.json'), text);
}
const keep = (...plugins: object[]) => writeFile(join(dir, 'plugins.json'), JSON.stringify({ plugins }));
const good = { id: 'org.example.ale', on: true, granted: {} };

/** Remembers what it holds, and fails for one plugin. */
function holding(failing = ''): Contributor & { readonly held: Set<string> } {
  const held = new Set<string>();
  return {
    held,
    contribute({ facts }) {
      held.add(facts.id);
      if (facts.id === failing) throw new Error('no such graph');
    },
    withdraw: (id) => void held.delete(id),
  };
}

it('lists none where there is no folder', async () => {
  expect(await new Plugins({ dir: join(dir, 'none'), contributors: [] }).list()).toEqual([]);
});

it('lists what lies there, and says of each why it does not run', async () => {
  await lay('org.example.ale', manifestWith());
  await lay('org.example.broken', '{');
  await lay('org.example.future', manifestWith({ id: 'org.example.future', engines: { retake: '>=99' } }));
  await lay('org.example.liar', manifestWith());
  await lay('No plugin', manifestWith());
  await keep(good, { ...good, id: 'org.example.future' }, { ...good, id: 'org.example.liar' });
  const found = await new Plugins({ dir, contributors: [] }).list();
  expect(found.map(({ id, on, problems }) => [id, on, problems.join()])).toEqual([
    ['org.example.ale', true, ''],
    ['org.example.broken', false, expect.stringMatching(/it is no JSON/)],
    ['org.example.future', true, expect.stringMatching(/made for Retake >=99/)],
    ['org.example.liar', true, expect.stringMatching(/calls itself org.example.ale/)],
  ]);
});

it('hands over what is on and in order, and takes it back when it is not', async () => {
  await lay('org.example.ale', manifestWith());
  await lay('org.example.bad', manifestWith({ id: 'org.example.bad' }));
  await lay('org.example.off', manifestWith({ id: 'org.example.off' }));
  const bad = { ...good, id: 'org.example.bad' };
  await keep(good, bad, { ...good, id: 'org.example.off', on: false });
  const [first, second] = [holding(), holding('org.example.bad')];
  const plugins = new Plugins({ dir, contributors: [first, second] });
  await plugins.refresh();
  expect([...first.held, ...second.held]).toEqual(['org.example.ale', 'org.example.ale']);
  expect((await plugins.list()).map(({ problems }) => problems.join())).toEqual([
    '',
    expect.stringMatching(/no such graph/),
    '',
  ]);
  await keep({ ...good, disabled: 'It broke three times.' });
  await plugins.refresh();
  expect([...first.held, ...second.held]).toEqual([]);
});

it('is not stopped by a damaged file of what was agreed to: nothing runs, and nothing is lost', async () => {
  await lay('org.example.ale', manifestWith());
  await writeFile(join(dir, 'plugins.json'), '{"plugins": [{"__proto__": {"on": true}}]}');
  const held = holding();
  const plugins = new Plugins({ dir, contributors: [held] });
  await plugins.refresh();
  expect([...held.held]).toEqual([]);
  expect((await plugins.list())[0]?.problems).toEqual([expect.stringMatching(/not installed by Retake/)]);
});
