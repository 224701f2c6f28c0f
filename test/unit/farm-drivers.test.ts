import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { BUILT_IN } from '../../src/common/plugins/built-in.ts';
import { type FarmDriver, PROGRAM_SETTINGS, submission } from '../../src/main/engine/farm/driver.ts';
import { farmDrivers, getDriver, settingsFor } from '../../src/main/engine/farm/drivers/registry.ts';
import { farmJob, farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { hasTake, missingTasks, tasksOf, unitsThere } from '../../src/main/engine/farm/missing.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const shot = (number: number) => ({ number, shotId: `s${number}`, name: `Shot ${number}`, start: 0, end: 4 });
const JOB = farmJob.parse({
  format: 1,
  id: 'abcdefgh01',
  name: 'A film',
  version: '1.0.0',
  createdAt: 1,
  project: { id: 'p', path: '/films/A film.retake' },
  takesFolder: '/films/takes',
  shots: [shot(1), shot(2), shot(3)],
  units: [1, 2].flatMap((shot) => [0, 1, 2, 3].map((i) => ({ shot, start: i, end: i + 1 }))),
  unitsPerTask: 3,
  sources: [],
});

test('a driver is found by its id, and its settings are completed', () => {
  const driver = { id: 'trial', label: 'Trial', settings: Object.values(PROGRAM_SETTINGS) } as unknown;
  farmDrivers.contribute(BUILT_IN.farms, driver as FarmDriver);
  expect(getDriver('trial')).toBe(driver);
  expect(() => getDriver('nobody')).toThrow(/there is no farm driver "nobody"/);
  expect(settingsFor(getDriver('trial'), { command: 'retake' })).toEqual({
    command: 'retake',
    arguments: '',
  });
  expect(() => settingsFor(getDriver('trial'), { comand: '' })).toThrow(/no setting "comand"/);
});

test('what is written of drivers names those there are, and settings that they have', () => {
  const root = resolve(import.meta.dirname, '../..');
  const pages = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  ];
  const all = pages
    .filter((page) => page.endsWith('.md'))
    .map((page) => readFileSync(join(root, page), 'utf8'))
    .join('\n');
  const set = [...all.matchAll(/retake farm set ([a-z]\S*) (\w+)/g)];
  expect(set.length).toBeGreaterThan(1);
  for (const [, driver, setting] of set) settingsFor(getDriver(driver!), { [setting!]: '' });
  const handed = [...all.matchAll(/retake farm (?:submit|again) [^`\n]*--to ([a-z]+)([^`\n]*)/g)];
  expect(handed.length).toBeGreaterThan(2);
  for (const [, driver, rest] of handed)
    for (const [, setting] of [['', 'command'], ...rest!.matchAll(/--set (\w+)=/g)])
      settingsFor(getDriver(driver!), { [setting!]: '' });
});

test('a submission names jobs of steps there are', () => {
  const said = { driver: 'slurm', settings: {}, at: 1, ids: { render: ['12'] } };
  expect(submission.parse(said)).toEqual(said);
  expect(submission.safeParse({ ...said, ids: { paint: ['12'] } }).success).toBe(false);
});

test('what is whole in the folder is not to be done again', async () => {
  const folder = tempFolder();
  const missing = async () => ({
    invert: (await missingTasks(folder, JOB, 'invert')).map(({ first, last }) => `${first}-${last}`),
    render: (await missingTasks(folder, JOB, 'render')).map(({ first }) => first),
    assemble: (await missingTasks(folder, JOB, 'assemble')).length,
  });
  expect(tasksOf(JOB, 'invert')).toHaveLength(3);
  expect(await missing()).toEqual({ invert: ['1-3', '4-6', '7-8'], render: [1, 2, 3], assemble: 1 });

  // The second task is of both shots, and has brought what is of the first.
  for (const name of ['1-3', '4-6', '.7-8.half', 'desk', 'render'])
    mkdirSync(join(farmPaths.artefacts(folder, 1), name), { recursive: true });
  expect([...(await unitsThere(folder, JOB))]).toEqual([1, 2, 3, 4]);
  expect((await missing()).invert).toEqual(['4-6', '7-8']);

  mkdirSync(farmPaths.take(folder, 2), { recursive: true });
  expect(hasTake(folder, 2)).toBe(false);
  writeFileSync(join(farmPaths.take(folder, 2), 'take.json'), '{}');
  writeFileSync(farmPaths.assembled(folder), '{}');
  expect(hasTake(folder, 2)).toBe(true);
  expect(await missing()).toEqual({ invert: [], render: [1, 3], assemble: 0 });
});
