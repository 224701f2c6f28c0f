/**
 * The desktop's engine and the command line killed at seeded instants, with two projects open in turn: every take comes
 * out bit-identical and is filed exactly once, in its own project. A few instants always; RETAKE_KILLS=100 for many.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Phase } from '../../src/common/contract/jobs.ts';
import type { OpenedProject } from '../../src/common/contract/projects.ts';
import type { ClipRef, Shot } from '../../src/common/project/document.ts';
import { PROJECT_MIGRATIONS } from '../../src/main/engine/project/database.ts';
import { reportPath } from '../../src/main/engine/report-file.ts';
import { allGone, edit, makeWorld, movingClip, retake, startRetake, type World } from '../helpers/cli.ts';
import { isFiled } from '../helpers/desk.ts';
import { type Engine, endEngines, startEngine } from '../helpers/engine-process.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { openDatabase } from '../helpers/open-database.ts';

const KILLS = Number(process.env.RETAKE_KILLS ?? 6);
const SEED = Number(process.env.RETAKE_SEED ?? 20240611);
const MINUTES = 2 + KILLS / 2;
const FRAMES = 4;
const random = xorshift128plus(SEED);
const draw = (to: number) => uniformInt(random, 0, to);
const pick = <T>(of: readonly T[]): T => of[draw(of.length - 1)]!;

/** When to strike: at a phase's first progress, or at what the end of a job leaves on the disk; then a little later. */
const DESKTOP = ['added', 'invert', 'sample', 'encode', 'take', 'report', 'filed'] as const;
const TERMINAL = ['invert', 'sample', 'encode', 'take', 'report'] as const;
const LABEL = { invert: 'inverting', sample: 'rendering', encode: 'encoding' } as const;
/** What the take is inverted from: each is a clean picture of its own. */
const SOURCES = ['a car', 'a tree', 'a house'] as const;

let world: World;
let clip: ClipRef;
/** Bytes of an undisturbed take, by source prompt: of the desktop and of the terminal. */
const whole = new Map<string, string>();

const sha = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

beforeAll(async () => {
  world = await makeWorld();
  const path = await movingClip(join(world.dir, 'clip.mov'), {
    size: '320x180',
    frames: FRAMES,
    sound: false,
  });
  const engine = startEngine(join(world.dir, 'undisturbed'));
  clip = (await engine.call('clip.import', { path })).ref;
  const film = await makeFilm(engine, join(world.dir, 'undisturbed.retake'));
  for (const source of SOURCES) {
    const id = await render(engine, film, source);
    whole.set(source, sha(await finished(engine, id)));
    // What killing and resuming shall not change must not change by itself either.
    const again = await render(engine, film, source);
    expect(sha(await finished(engine, again))).toBe(whole.get(source));
    expect((await retake(terminalArgs(source, join(world.out, `${source}.mov`)), world)).code).toBe(0);
    whole.set(`terminal ${source}`, sha(join(world.out, `${source}.mov`)));
  }
  await engine.disconnect();
});

afterAll(() => {
  endEngines();
  world[Symbol.dispose]();
});

function shotOf(source: string): Shot {
  const settings = shotWith({
    sourcePrompt: source,
    prompt: 'a red car',
    steps: 4,
    refinement: 0,
    size: 64,
  });
  const range = { start: 0, end: FRAMES, anchors: [1], leadAnchor: 1 };
  return {
    kind: 'shot',
    id: `shot ${source}`,
    name: source,
    clipId: clip.id,
    ...range,
    settings,
    takeId: null,
  };
}

function terminalArgs(source: string, out: string): string[] {
  return edit(world, clip.path, out, '--source-prompt', source, '--size', '64');
}

async function makeFilm(engine: Engine, path: string): Promise<OpenedProject> {
  const opened = await engine.call('project.create', { path, name: 'film' });
  const timeline = SOURCES.map(shotOf);
  const document = { ...opened.document, clips: { [clip.id]: clip }, timeline };
  await engine.call('project.save', { project: opened.id, document });
  return opened;
}

async function render(engine: Engine, film: OpenedProject, source: string): Promise<string> {
  const takesFolder = film.path.replace(/\.retake$/, ' takes');
  const { ids } = await engine.call('queue.add', {
    ...{ project: film.id, shots: [{ shot: shotOf(source), clip }], bundle: world.bundle },
    ...{ provider: 'cpu', takesFolder, preview: false },
  });
  return ids[0]!;
}

async function entryOf(engine: Engine, id: string) {
  const { entries } = await engine.call('queue.list', null);
  return { entries, entry: entries.find((one) => one.id === id) };
}

async function finished(engine: Engine, id: string): Promise<string> {
  for (let tries = 0; tries < 1500; tries += 1) {
    const { entries, entry } = await entryOf(engine, id);
    if (isFiled(entries, id)) return entry!.settings.output.path;
    // Killed twice in a row, it waits for the artist, who tries again.
    if (/stopped twice/.test(entry?.error ?? '')) await engine.call('queue.retry', { id });
    else if (entry?.state === 'failed') throw new Error(`${entry.error} ${entry.hint}`);
    await sleep(20);
  }
  throw new Error(`never: ${JSON.stringify(await entryOf(engine, id))}`);
}

/** Resolves at the instant, or when the job ends before. */
async function reach(engine: Engine, id: string, instant: (typeof DESKTOP)[number]): Promise<void> {
  const { entry } = await entryOf(engine, id);
  const out = entry!.settings.output.path;
  const isOver = () => engine.events.some((event) => event.kind === 'take' && event.take.id === id);
  const inPhase = (phase: Phase) =>
    engine.events.some(
      (event) => event.kind === 'progress' && event.job === id && event.progress.phase === phase,
    );
  const isNow = {
    added: () => true,
    invert: () => inPhase('invert'),
    sample: () => inPhase('sample'),
    encode: () => inPhase('encode') || existsSync(out),
    take: () => existsSync(out),
    report: () => existsSync(reportPath(out)),
    filed: isOver,
  }[instant];
  while (!isNow() && !isOver()) await sleep(1);
}

test(`${KILLS} kills from seed ${SEED}`, { timeout: MINUTES * 60_000 }, async () => {
  const home = join(world.dir, 'home');
  const paths = ['a', 'b'].map((name) => join(world.dir, name, 'film.retake'));
  const mine: Record<string, string[]> = { [paths[0]!]: [], [paths[1]!]: [] };
  const out = join(world.out, 'terminal');
  mkdirSync(out);
  const sources = new Map<string, string>();
  const struck: Record<string, number> = {};
  let killed = 0;
  const count = (what: string) => {
    struck[what] = (struck[what] ?? 0) + 1;
    killed += 1;
  };
  const setUp = startEngine(home);
  for (const path of paths) await makeFilm(setUp, path);
  await setUp.disconnect();

  const onDesktop = async (round: number) => {
    const engine = startEngine(home);
    const path = paths[round % 2]!;
    const film = await engine.call('project.open', { path });
    await engine.call('cache.prune', { all: true });
    const source = pick(SOURCES);
    const id = await render(engine, film, source);
    mine[path]!.push(id);
    sources.set(id, source);
    const instant = pick(DESKTOP);
    const turns = draw(1) === 1;
    // The other project is opened while this one renders, in half of the rounds.
    if (turns) void engine.call('project.open', { path: paths[1 - (round % 2)]! }).catch(() => {});
    await reach(engine, id, instant);
    await sleep(draw(instant === 'take' || instant === 'report' || instant === 'filed' ? 8 : 60));
    await engine.kill('SIGKILL');
    count(`desktop ${instant}${turns ? ', other project open' : ''}`);
    await allGone(home);
    // Every third time it is struck again while it recovers.
    if (round % 3 === 0) {
      const again = startEngine(home);
      await again.call('project.open', { path: paths[draw(1)]! });
      await sleep(draw(500));
      await again.kill('SIGKILL');
      count('desktop recovering');
      await allGone(home);
    }
    const next = startEngine(home);
    await next.call('project.open', { path: paths[draw(1)]! });
    expect(sha(await finished(next, id))).toBe(whole.get(source));
    await next.disconnect();
  };

  const onTerminal = async (round: number) => {
    const source = pick(SOURCES);
    await retake(['cache', 'prune', '--all'], { home });
    const take = join(out, `${round}.mov`);
    const cli = startRetake(terminalArgs(source, take), { home });
    const instant = pick(TERMINAL);
    if (instant === 'take') while (!existsSync(take)) await sleep(1);
    else if (instant === 'report') while (!existsSync(reportPath(take))) await sleep(1);
    else await cli.says(new RegExp(`${LABEL[instant]} 1/`));
    await sleep(draw(instant === 'take' || instant === 'report' ? 8 : 60));
    const victim = pick(['engine', 'command line', 'both'] as const);
    try {
      if (victim !== 'command line') process.kill(cli.enginePid(), 'SIGKILL');
    } catch {
      // It had ended by itself.
    }
    if (victim !== 'engine') cli.child.kill('SIGKILL');
    count(`${victim} ${instant}`);
    await cli.ended;
    await allGone(home);
    const resumed = await retake(['resume'], { home });
    // One that was killed too late has nothing left to resume.
    if (resumed.code !== 0) expect(resumed.stderr).toMatch(/no unfinished job/);
    expect(sha(take)).toBe(whole.get(`terminal ${source}`));
  };

  for (let round = 0; killed < KILLS; round += 1)
    await (round % 5 < 3 ? onDesktop(round) : onTerminal(round));

  const last = startEngine(home);
  for (const path of paths) {
    const { document, id: project } = await last.call('project.open', { path });
    expect(Object.keys(document.takes).sort()).toEqual(mine[path]!.toSorted());
    for (const take of Object.values(document.takes))
      expect(sha(take.path)).toBe(whole.get(sources.get(take.id)!));
    await last.call('project.save', { project, document });
    // No file beside takes and reports, and none twice.
    const files = readdirSync(path.replace(/\.retake$/, ' takes'));
    expect(files.filter((name) => name.endsWith('.mov'))).toHaveLength(mine[path]!.length);
    expect(files.filter((name) => !/ \d+\.(mov|report\.json)$/.test(name))).toEqual([]);
  }
  await last.disconnect();
  for (const path of paths) {
    const db = openDatabase(path, { label: 'the project', migrations: PROJECT_MIGRATIONS, singleFile: true });
    expect(db.prepare('SELECT job FROM takes ORDER BY job').pluck().all()).toEqual(mine[path]!.toSorted());
    db.close();
  }
  expect(readdirSync(join(home, 'jobs')).filter((name) => name.endsWith('.checkpoint'))).toEqual([]);
  if (process.env.RETAKE_KILLS) console.log(JSON.stringify({ killed, struck }, null, 2));
});
