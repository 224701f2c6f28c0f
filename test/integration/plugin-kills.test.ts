/** Engines that are killed while they change what is installed, and two that change it at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import { expect, onTestFinished, test } from 'vitest';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { packed } from '../helpers/plugin.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const ID = 'org.example.ale';
const VERSIONS = ['1.0.0', '1.1.0'];
const KILLS = 15;
const random = xorshift128plus(14);

async function world() {
  const dir = tempFolder();
  const home = join(dir, 'plugins');
  const packages = await Promise.all(
    VERSIONS.map((version) =>
      packed(
        join(dir, `${version}.zip`),
        { version },
        Object.fromEntries(
          ['index.js', 'a.js', 'b/c.js'].map((name) => [name, `// ${name} ${version}\n`.repeat(2000)]),
        ),
      ),
    ),
  );
  const begin = (rounds: number) => {
    const worker = join(import.meta.dirname, 'plugin-keeper-worker.ts');
    const child = spawn(process.execPath, [worker, home, ID, `${rounds}`, ...packages], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    return { child, said: () => said, ended: once(child, 'close') };
  };
  /** As the next engine that starts finds it: each with what is wrong. */
  const found = async () => {
    const plugins = new Plugins({ dir: home, contributors: [] });
    await plugins.start();
    plugins.stop();
    return (await plugins.list()).map(({ version, problems }) => [version, ...problems].join(' '));
  };
  const left = () => readdirSync(home).filter((name) => ![ID, '.lock', 'plugins.json'].includes(name));
  return { begin, found, left };
}

async function hasBegun(child: ChildProcess, said: () => string): Promise<void> {
  while (!said().includes('ready\n')) await once(child.stdout!, 'data');
}

test('killed while it installs, updates and removes, the old or the new stands whole, and nothing else', async () => {
  const { begin, found, left } = await world();
  const states = new Set<string>();
  for (let kill = 0; kill < KILLS; kill++) {
    const before = kill === 0 ? '' : ((await found())[0] ?? '');
    const { child, said, ended } = begin(1000);
    await hasBegun(child, said);
    await sleep(uniformInt(random, 0, 150));
    child.kill('SIGKILL');
    await ended;
    const steps = said().trim().split('\n').slice(1);
    const [last] = steps.slice(-1);
    const after = last === undefined ? before : (VERSIONS[Number(last)] ?? '');
    const next = VERSIONS[(steps.length % 3) as 0 | 1] ?? '';
    const now = (await found()).join();
    expect([after, next]).toContain(now);
    expect(left()).toEqual([]);
    states.add(`${steps.length % 3} ${now}`);
  }
  // Kills fell into more than one kind of change.
  expect(states.size).toBeGreaterThan(2);
});

test('two that install and remove at once, one of them killed, leave nothing broken', async () => {
  const { begin, found, left } = await world();
  const [one, other, third] = [begin(4), begin(4), begin(1000)];
  await hasBegun(third.child, third.said);
  await sleep(uniformInt(random, 100, 300));
  third.child.kill('SIGKILL');
  const codes = await Promise.all([one.ended, other.ended]);
  expect(codes.map(([code]) => code)).toEqual([0, 0]);
  await third.ended;
  const now = await found();
  expect([[], ...VERSIONS.map((version) => [version])]).toContainEqual(now);
  expect(left()).toEqual([]);
});
