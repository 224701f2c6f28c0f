/**
 * The engine killed at seeded instants while takes come home, with their project open, closed, or away: each take comes home whole
 * and once. A few instants always; RETAKE_KILLS=100 for many.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import { afterAll, expect, test } from 'vitest';
import { tempFolder } from '../helpers/clips.ts';
import { endEngines, startEngine } from '../helpers/engine-process.ts';
import { bringToFolder, makeJobFolder } from '../helpers/farm-folder.ts';

const KILLS = Number(process.env.RETAKE_KILLS ?? 4);
const SEED = Number(process.env.RETAKE_SEED ?? 20261127);
/** Takes that come in between two kills. */
const EACH = 3;
const INSTANTS = ['begun', 'copying', 'copied', 'reported', 'home'] as const;
const PROJECT = ['open', 'closed', 'away'] as const;
const random = xorshift128plus(SEED);
const draw = (to: number) => uniformInt(random, 0, to);
const pick = <T>(of: readonly T[]): T => of[draw(of.length - 1)]!;

const temp = tempFolder();
afterAll(endEngines);

test(`${KILLS} kills from seed ${SEED}`, { timeout: (2 + KILLS / 2) * 60_000 }, async () => {
  const [home, folder, path] = [temp.at('home'), temp.at('job'), temp.at('film.retake')];
  const takes = temp.at('film takes');
  mkdirSync(takes);
  const setUp = startEngine(home);
  const { id } = await setUp.call('project.create', { path, name: 'film' });
  await setUp.disconnect();
  const names = Array.from({ length: KILLS * EACH }, (_, i) => `Shot ${i + 1}`);
  makeJobFolder({ folder, project: { id, path }, takesFolder: takes, shots: names });
  const contents = names.map((name) => `${name} `.repeat(100_000 + draw(100_000)));

  const has = (what: (name: string) => boolean) => readdirSync(takes).filter(what).length;
  const movies = () => has((name) => name.endsWith('.mov'));
  const reports = () => has((name) => name.endsWith('.report.json'));
  const struck: string[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    for (let i = 0; i < EACH; i += 1) {
      const number = kill * EACH + i + 1;
      await bringToFolder(folder, number, contents[number - 1]);
    }
    const engine = startEngine(home);
    const project = pick(PROJECT);
    if (project === 'open') await engine.call('project.open', { path });
    if (project === 'away') renameSync(path, `${path}.away`);
    const [hadMovies, hadReports] = [movies(), reports()];
    const enough = draw(EACH - 1);
    const isOver = { now: false };
    const collecting = engine
      .call('farm.collect', { folder })
      .catch(() => null)
      .finally(() => {
        isOver.now = true;
      });
    const instant = pick(INSTANTS);
    const isNow = {
      begun: () => true,
      copying: () => has((name) => name.startsWith('.retake-partial-')) > 0,
      copied: () => movies() > hadMovies + enough,
      reported: () => reports() > hadReports + enough,
      home: () => isOver.now,
    }[instant];
    while (!isNow() && !isOver.now) await sleep(1);
    if (instant !== 'copying') await sleep(draw(20));
    await engine.kill('SIGKILL');
    await collecting;
    if (project === 'away') renameSync(`${path}.away`, path);
    struck.push(`${instant}, project ${project}`);
  }

  const last = startEngine(home);
  expect(await last.call('farm.collect', { folder }), struck.join('; ')).toMatchObject({
    missing: [],
    refused: [],
  });
  expect(await last.call('farm.collect', { folder })).toMatchObject({ takes: [], before: names.length });
  // Nothing double, and nothing half.
  expect(readdirSync(takes).toSorted()).toEqual(
    names.flatMap((name) => [`${name} 1.mov`, `${name} 1.report.json`]).toSorted(),
  );
  for (const [i, name] of names.entries()) {
    expect(readFileSync(join(takes, `${name} 1.mov`), 'utf8') === contents[i], name).toBe(true);
    const report = JSON.parse(readFileSync(join(takes, `${name} 1.report.json`), 'utf8'));
    expect(report.job).toBe(`abcdefghjk-${i + 1}`);
  }
  // In its project, each once.
  const { document } = await last.call('project.open', { path });
  const filed = Object.values(document.takes).map((take) => [take.shotId, take.path]);
  expect(filed.toSorted()).toEqual(
    names.map((name, i) => [`shot-${i + 1}`, join(takes, `${name} 1.mov`)]).toSorted(),
  );
  const { entries } = await last.call('queue.list', null);
  expect(entries.map((entry) => entry.id).toSorted()).toEqual(
    names.map((_, i) => `abcdefghjk-${i + 1}`).toSorted(),
  );
  expect(entries.every((entry) => entry.state === 'done' && entry.filed)).toBe(true);
  expect(existsSync(path)).toBe(true);
  await last.disconnect();
});
