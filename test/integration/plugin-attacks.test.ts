import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { suite } from '../../src/common/plugins/suites.ts';
import type { ProcessOptions } from '../../src/main/engine/plugins/process/plugin-process.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { movingClip } from '../helpers/cli.ts';
import { HOSTILE, HOSTILE_CJS } from '../helpers/hostile-plugin.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { processPlugin } from '../helpers/process-plugin.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const facts = z.object({ port: z.int(), parent: z.int(), secret: z.string(), own: z.string() });
const attack = suite('attack', 1, {
  all: {
    on: 'attacks',
    input: z.tuple([facts]),
    output: z.object({ tried: z.int(), open: z.array(z.string()) }),
  },
  one: { on: 'attacks', input: z.tuple([z.string(), facts]), output: z.object({ said: z.unknown() }) },
});
const options = { suites: ['attack@1'], offered: [attack], files: { 'cjs.cjs': HOSTILE_CJS } };

function hostile(limits: ProcessOptions['limits'] = {}) {
  const made = processPlugin(HOSTILE, { ...options, limits });
  const secrets = tempFolder();
  const secret = join(secrets, 'secret.txt');
  writeFileSync(secret, 'export default "secret"');
  const given = { port: 1, parent: process.pid, secret, own: made.dir };
  const one = (name: string, how: { deadlineMs?: number; signal?: AbortSignal } = {}) =>
    made.plugin.call(attack, 'one', 'loud', [name, given], how).then(
      (answer) => answer,
      (error: Error) => error.message,
    );
  return { ...made, given, one, secrets };
}

describe('what a plugin may not', () => {
  it('is closed, however it is asked for', async () => {
    const { plugin, given, dir, secrets } = hostile();
    let visits = 0;
    const server = createServer((socket) => {
      visits += 1;
      socket.destroy();
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as { port: number };
    const { tried, open } = await plugin.call(attack, 'all', 'quiet', [{ ...given, port }]);
    expect(open).toEqual([]);
    expect(tried).toBeGreaterThan(90);
    expect(visits).toBe(0);
    expect(readdirSync(dir).sort()).toEqual(['cjs.cjs', 'index.js']);
    expect(readdirSync(secrets)).toEqual(['secret.txt']);
  });
});

describe('what a plugin does', () => {
  const LIMITS = { heapMegabytes: 64, memoryBytes: 400 * 2 ** 20, idleMs: 600_000 };
  const SHORT = { deadlineMs: 800 };
  const LATE = 'it did not answer within 800 milliseconds';
  const MEMORY = 'it ran out of memory';

  const ENDS: readonly (readonly [name: string, how?: typeof SHORT])[] = [
    ['loop', SHORT],
    ['loop in a promise', SHORT],
    ['printing', SHORT],
    ...([['heap'], ['buffers'], ['4 GB'], ['wasm'], ['exit'], ['rejection'], ['later']] as const),
    ...([['flood'], ['flood of questions'], ['2 GB']] as const),
  ];

  it('ends it alone, each end in its own words, and the next call begins it anew', async () => {
    const { one, crashes } = hostile(LIMITS);
    const said: string[] = [];
    for (const [name, how] of ENDS) said.push((await one(name, how)) as string);
    expect(said).toEqual([
      ...[LATE, LATE, LATE, MEMORY, MEMORY, MEMORY, MEMORY, 'it ended by itself (exit code 3)'],
      'it stopped with an error that nobody caught: nobody waits',
      'it stopped with an error that nobody caught: thrown later',
      ...['it sends messages without end', 'it sends messages without end'],
      'it wants to say 2.15 GB at once, which is too much',
    ]);
    expect(crashes).toEqual(said);
  });

  it('fails its call alone where it is an answer that is none', async () => {
    const { one, crashes, plugin } = hostile(LIMITS);
    expect(await one('nan')).toBe(
      'its answer cannot be sent: it.value.said holds numbers that are not finite',
    );
    expect(await one('infinity')).toBe('its answer cannot be sent: it.value is Infinity');
    expect(await one('proto')).toBe('its answer cannot be sent: it.value has a key "__proto__"');
    expect(await one('constructor')).toContain('is none');
    expect(await one('circle')).toBe('its answer cannot be sent: it is nested too deeply');
    expect(await one('deep')).toBe('its answer cannot be sent: it is nested too deeply');
    expect(await one('getters')).toBe('a getter');
    expect(await one('bomb')).toContain('is none');
    expect(Object.prototype).not.toHaveProperty('polluted');
    // It never comes back from this one; whoever gave up does not wait for it.
    const abort = new AbortController();
    const asked = one('never', { signal: abort.signal });
    await expect.poll(() => plugin.log).toContain('begun');
    abort.abort();
    expect(await asked).toBe('cancelled');
    expect(crashes).toEqual([]);
  });

  it('leaves the project, its takes and a render that runs the same to the byte, whatever it tries and however it ends', async () => {
    const film = tempFolder();
    const [project, take] = [join(film, 'film.retake'), join(film, 'take.mov')];
    const clip = await movingClip(join(film, 'clip.mov'), { frames: 24 });
    copyFileSync(clip, take);
    createProject(project, withClip(await clipRefOf(clip), take)).close();
    const bytes = () =>
      readdirSync(film).map((name) => [name, readFileSync(join(film, name)).toString('base64')]);
    const before = bytes();
    const alone = await rendered(clip);
    const { plugin, given, one } = hostile(LIMITS);
    let isOver = false;
    const moves = async () => {
      for (const secret of [project, take]) {
        const { open } = await plugin.call(attack, 'all', 'quiet', [{ ...given, secret }]);
        expect(open).toEqual([]);
      }
      for (const name of ['loop', '4 GB', 'exit', 'flood', '2 GB']) await one(name, SHORT);
    };
    const attacking = moves().finally(() => {
      isOver = true;
    });
    do expect(await rendered(clip)).toEqual(alone);
    while (!isOver);
    await attacking;
    expect(bytes()).toEqual(before);
  });

  it('is ended where it does not stop what was given up', async () => {
    const { one, crashes, plugin } = hostile({ ...LIMITS, cancelMs: 50 });
    const abort = new AbortController();
    const asked = one('loop', { signal: abort.signal });
    await expect.poll(() => plugin.log, { timeout: 20_000 }).toContain('begun');
    abort.abort();
    expect(await asked).toBe('cancelled');
    await expect.poll(() => crashes).toEqual(['it did not stop what was given up within 50 milliseconds']);
  });

  it('ends with whoever started it, also in a loop and whatever ended that one', async () => {
    const { dir } = hostile(LIMITS);
    const holder = spawn(process.execPath, [join(import.meta.dirname, 'plugin-worker.ts'), dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [chunk] = await once(holder.stdout, 'data');
    const pid = Number(String(chunk));
    expect(isAlive(pid)).toBe(true);
    // Where memory runs out, the system ends it before the engine.
    if (process.platform === 'linux')
      expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()).toBe('1000');
    holder.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  });

  it('is not followed out of its folder by a link', async () => {
    const { one, dir, secrets } = hostile(LIMITS);
    symlinkSync(join(dir, 'index.js'), join(dir, 'same.js'));
    expect(await one('constructor')).toContain('is none');
    const other = hostile(LIMITS);
    mkdirSync(join(other.dir, 'deep'));
    symlinkSync(secrets, join(other.dir, 'deep', 'link'));
    expect(await other.one('constructor')).toBe(
      `${join('deep', 'link')} is a link to a place outside of its folder`,
    );
  });
});

const demo = resolve(import.meta.dirname, '../../resources/demo/bundle');

/** Latents of a few frames, made from the start: nothing of it is kept. */
async function rendered(clip: string): Promise<readonly Float32Array[]> {
  const settings = settingsWith({
    ...{ clip, bundle: demo, out: join(tempFolder(), 'take.mov'), method: 'sdedit' },
    ...{
      sourcePrompt: '',
      prompt: 'a red ball',
      guidance: 1,
      steps: 2,
      size: 64,
      provider: 'cpu',
      anchor: 0,
    },
    range: { start: 0, end: 3 },
  });
  const context = contextWith({ dir: tempFolder() });
  await using shot = await prepareShot(settings, context, false);
  return (await sampleShot(shot, await derive(shot, context), context)).latents;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
