import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kinds } from '../../src/main/engine/artefacts/kinds.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { openJobStore } from '../../src/main/engine/queue/store.ts';
import { CheckpointFile } from '../../src/main/engine/render/checkpoint-file.ts';
import { dice, entryFor, frameOf, largeFor } from '../helpers/cache-entries.ts';
import { settings } from '../helpers/job-settings.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const WORKER = join(import.meta.dirname, 'cache-worker.ts');

interface Running {
  readonly child: ChildProcess;
  readonly lines: unknown[];
  readonly errors: string[];
  /** Settles when it has ended, however. */
  readonly ended: Promise<void>;
}

function start(task: string, ...args: string[]): Running {
  const child = spawn(process.execPath, [WORKER, task, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: unknown[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(JSON.parse(line)));
  child.stderr!.on('data', (data) => errors.push(String(data)));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, lines, errors, ended };
}

async function finish(running: Running): Promise<unknown> {
  await running.ended;
  expect(running.errors.join('')).toBe('');
  return running.lines[0];
}

const nextLine = async (running: Running, count = 1) => {
  await expect
    .poll(() => running.lines.length, { timeout: 20_000, interval: 5 })
    .toBeGreaterThanOrEqual(count);
};

const open = (dir: string) =>
  new ArtefactStore(join(dir, 'cache.sqlite'), { limitBytes: 1e9, onWarning: expect.unreachable });
const openJobs = (dir: string) => {
  const store = openJobStore(join(dir, 'queue.sqlite'), {
    dir: join(dir, 'jobs'),
    onWarning: expect.unreachable,
  });
  onTestFinished(() => store.close());
  return store;
};

describe('several processes at once', () => {
  it('create, migrate and fill one cache together', async () => {
    const dir = tempFolder();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const answers = await Promise.all(names.map((name) => finish(start('store', dir, name, '20'))));
    expect(answers).toEqual(names.map(() => ({ stored: 20, warnings: [] })));
    const cache = open(dir);
    expect(await cache.verify()).toEqual({ items: 100, damaged: 0, rebuilt: false });
    expect(frameOf(cache, 'c 7')!.value).toEqual(entryFor('c 7').value);
    cache.close();
  });

  it('create one job list together', async () => {
    const dir = tempFolder();
    const answers = await Promise.all([1, 2, 3, 4].map(() => finish(start('createJobs', dir, '10'))));
    const ids = (answers as { ids: string[]; warnings: string[] }[]).flatMap(({ ids, warnings }) => {
      expect(warnings).toEqual([]);
      return ids;
    });
    expect(
      new Set(
        openJobs(dir)
          .list()
          .map(({ id }) => id),
      ),
    ).toEqual(new Set(ids));
    expect(ids).toHaveLength(40);
  });

  it('read what another one prunes: a frame is there or not, never damaged', async () => {
    const dir = tempFolder();
    const worker = start('churn', dir);
    await nextLine(worker);
    const warnings: string[] = [];
    const cache = new ArtefactStore(join(dir, 'cache.sqlite'), {
      limitBytes: 1e9,
      onWarning: (line) => warnings.push(line),
    });
    let [hits, misses] = [0, 0];
    for (const end = performance.now() + 4000; performance.now() < end; ) {
      const found = frameOf(cache, `k ${(hits + misses) % 4}`);
      if (found) hits++;
      else misses++;
    }
    worker.child.kill('SIGKILL');
    await worker.ended;
    expect(warnings).toEqual([]);
    expect([hits > 0, misses > 0]).toEqual([true, true]);
    expect(await cache.verify()).toMatchObject({ damaged: 0, rebuilt: false });
    cache.close();
  });

  it('set one damaged cache aside once', async () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'cache.sqlite'), 'rubbish '.repeat(2000));
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => finish(start('store', dir, name, '5'))));
    const warnings = (answers as { stored: number; warnings: string[] }[]).flatMap((answer) => {
      expect(answer.stored).toBe(5);
      return answer.warnings;
    });
    expect(warnings).toHaveLength(1);
    expect(readdirSync(dir).filter((name) => name.includes('corrupt'))).toHaveLength(1);
    const cache = open(dir);
    expect(cache.stat().items).toBe(15);
    cache.close();
  });
});

describe('kill -9', () => {
  it.each([1, 2, 3, 4, 5, 6])('leaves every frame whole or absent (seed %i)', async (seed) => {
    const dir = tempFolder();
    const roll = dice(seed);
    let last = '';
    for (let round = 0; round < 3; round++) {
      const worker = start('storeForever', dir, `round ${round}`);
      await nextLine(worker, roll(1, 120));
      worker.child.kill('SIGKILL');
      await worker.ended;
      expect(worker.errors.join('')).toBe('');
      last = worker.lines.at(-1) as string;
    }
    const cache = open(dir);
    // Said to be stored, and too young to have been pruned.
    expect(frameOf(cache, last)!.value).toEqual(entryFor(last, 32).value);
    expect(await cache.verify()).toMatchObject({ damaged: 0, rebuilt: false });
    expect(cache.stat().bytes).toBe(cache.stat().items * 16384);
    cache.close();
  });

  it('leaves every large artefact whole or absent, and no file without its row', async () => {
    const dir = tempFolder();
    for (const count of [1, 4, 9]) {
      const worker = start('largeForever', dir, `round ${count}`);
      await nextLine(worker, count);
      worker.child.kill('SIGKILL');
      await worker.ended;
      expect(worker.errors.join('')).toBe('');
      const last = worker.lines.at(-1) as string;
      const cache = open(dir);
      expect(cache.get(kinds.trajectory, last)!.value).toEqual(largeFor(Number(last.split(' ').at(-1))));
      expect(await cache.verify()).toMatchObject({ damaged: 0, rebuilt: false });
      const files = readdirSync(join(dir, 'artefacts')).filter((name) => !name.startsWith('.'));
      expect(files).toHaveLength(cache.stat().items);
      cache.close();
    }
  });

  it('leaves a whole checkpoint, the last said or the one being written', async () => {
    const dir = tempFolder();
    for (const count of [1, 3, 10]) {
      const worker = start('checkpointForever', dir);
      await nextLine(worker, count);
      worker.child.kill('SIGKILL');
      await worker.ended;
      const bytes = (await new CheckpointFile(dir, 'job').read(new Uint8Array(32))) as Uint8Array;
      expect(bytes).toHaveLength(200_000);
      const last = worker.lines.at(-1) as number;
      expect([last, last + 1]).toContain(bytes[0]);
      expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
    }
  });

  it('frees the job that the process had claimed', async () => {
    const dir = tempFolder();
    const store = openJobs(dir);
    const { id } = store.create(settings);
    const worker = start('claim', dir, id);
    await nextLine(worker);
    expect(worker.lines).toEqual([{ claimed: true }]);
    expect(store.claim(id)).toBe(false);
    expect(store.findResumable()).toEqual([]);
    expect(store.get(id)).toMatchObject({ state: 'running', pid: worker.child.pid });
    expect(() => store.remove(id)).toThrow(String(worker.child.pid));

    worker.child.kill('SIGKILL');
    await worker.ended;
    expect(store.findResumable()).toEqual([expect.objectContaining({ id, state: 'running' })]);
    expect(store.claim(id)).toBe(true);
    const second = start('claim', dir, id);
    await nextLine(second);
    expect(second.lines).toEqual([{ claimed: false }]);
  });
});

/** Runs a shell command in which $0 is a disk of 4 MB of its own, where the system lets us make one. */
const onSmallDisk = (dir: string, command: string) =>
  spawnSync('unshare', ['-rm', 'sh', '-c', `mount -t tmpfs -o size=4m none "$0" && ${command}`, dir], {
    encoding: 'utf8',
  });
const canMount = onSmallDisk(tmpdir(), 'true').status === 0;

describe.skipIf(!canMount)('a full disk', () => {
  it('costs the cache new frames only, stops the queue with a clear error, and is survived', () => {
    const { stdout, stderr } = onSmallDisk(
      tempFolder(),
      `exec "${process.execPath}" "${WORKER}" fillDisk "$0"`,
    );
    expect(stderr).toBe('');
    const said = JSON.parse(stdout);
    expect(said.stored).toBeGreaterThan(10);
    expect(said).toMatchObject({
      refusedAgain: true,
      readable: said.stored,
      queueError: 'disk-full',
      checkpointError: 'disk-full',
      kept: 1000,
      full: { items: said.stored, damaged: 0, rebuilt: false },
      freed: said.stored,
      storedAfter: true,
      verified: { items: 1, damaged: 0, rebuilt: false },
    });
    expect(said.warnings).toEqual([expect.stringMatching(/^storing in the cache: the disk is full\. /)]);
  });
});
