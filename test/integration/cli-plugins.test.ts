/** `retake plugin`: what is installed, from a terminal. Every call is an engine of its own: what one does, the next one finds. */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorld, retake, type World } from '../helpers/cli.ts';
import { manifestWith, packed, unpacked } from '../helpers/plugin.ts';

const ID = 'org.example.ale';
let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world[Symbol.dispose]());

const plugin = (...args: string[]) => retake(['plugin', ...args], world);
async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await plugin(...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trimEnd();
}

test('a plugin is looked at, agreed to, installed, switched and removed', async () => {
  const zip = join(world.dir, 'ale.zip');
  const permissions = { network: { hosts: ['a.org'], reason: 'It asks a dictionary.' } };
  await packed(zip, { tier: 'process', permissions });
  expect(await said('ls')).toMatch(/^There is none yet/);
  const asked = await plugin('install', zip);
  expect(asked.code).toBe(2);
  expect(asked.stderr).toMatch(/Avid log 1.0.0 by Example \(MIT\), org.example.ale\n/);
  expect(asked.stderr).toMatch(/Process. A program of its own..*not in a sandbox/);
  expect(asked.stderr).toMatch(/It asks for:\n +Uses the network \(a.org\): It asks a dictionary.\n/);
  expect(asked.stderr).toMatch(/retake: installing Avid log: nobody can be asked here.*--yes/);
  expect(existsSync(join(world.home, 'plugins', ID))).toBe(false);

  expect(await plugin('install', zip, '--yes')).toMatchObject({ code: 0, stdout: `${ID} 1.0.0\n` });
  expect(await said('ls')).toBe(`${ID}  1.0.0  Avid log  on`);
  expect(await said('info', ID)).toMatch(/adds Avid log \(exporters\)\n +Uses the network/);
  // The same permissions need no second word; an older version does.
  await packed(zip, { tier: 'process', permissions, version: '0.9.0' });
  expect((await plugin('update', zip)).stderr).toMatch(
    /OLDER than the installed 1.0.0[\s\S]*nobody can be asked/,
  );
  await packed(zip, { tier: 'process', permissions, version: '1.1.0' });
  expect(await plugin('update', zip)).toMatchObject({ code: 0, stdout: `${ID} 1.1.0\n` });
  await said('disable', ID);
  expect(await said('ls')).toBe(`${ID}  1.1.0  Avid log  off`);
  await said('enable', ID);
  await said('remove', ID);
  expect(await said('ls')).toMatch(/^There is none yet/);
  expect((await plugin('update', zip, '--yes')).stderr).toMatch(/org.example.ale is not installed/);
});

test('a developer folder runs where it lies; what is broken stops nothing', async () => {
  const made = await unpacked(join(world.dir, 'made'), manifestWith({ version: '2.0.0' }));
  expect(await said('dev', made)).toMatch(/Avid log 2.0.0[\s\S]*developer folder, on$/);
  await writeFile(join(made, 'retake-plugin.json'), '{');
  await writeFile(join(world.home, 'plugins/notes.txt'), 'mine');
  expect(await said('ls')).toMatch(/it is no JSON/);
  expect((await retake(['methods'], world)).code).toBe(0);
  expect(JSON.parse(await said('ls', '--json'))).toMatchObject([{ id: ID, developer: true, manifest: null }]);
  await said('dev', made, '--off');
  expect(await said('ls')).toMatch(/^There is none yet/);
  expect(readFileSync(join(made, 'retake-plugin.json'), 'utf8')).toBe('{');
  expect((await plugin('install', made, '--yes')).stderr).toMatch(/it is no JSON/);
});
