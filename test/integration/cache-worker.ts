/** A process of its own for the tests of cache and queue: one task, told by its arguments, answered on stdout. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { toWire } from '../../src/common/errors.ts';
import { kinds } from '../../src/main/engine/artefacts/kinds.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { openJobStore } from '../../src/main/engine/queue/store.ts';
import { CheckpointFile } from '../../src/main/engine/render/checkpoint-file.ts';
import { entryFor, frameOf, largeFor, putFrame } from '../helpers/cache-entries.ts';
import { settings } from '../helpers/job-settings.ts';

/** At once, whatever happens to the process next. */
const say = (line: unknown) => writeSync(1, `${JSON.stringify(line)}\n`);

const warnings: string[] = [];
const onWarning = (line: string) => warnings.push(line);

const KEY = new Uint8Array(32);

const TASKS: Record<string, (...args: string[]) => Promise<void> | void> = {
  /** Stores `count` frames under names of its own. */
  store(dir, name, count) {
    const cache = new ArtefactStore(join(dir!, 'cache.sqlite'), { limitBytes: 1e9, onWarning });
    let stored = 0;
    for (let i = 0; i < Number(count); i++) {
      const key = `${name} ${i}`;
      if (putFrame(cache, key, entryFor(key)) && frameOf(cache, key)) stored++;
      if (cache.digests.get('/weights', 1, i) === null) cache.digests.set('/weights', 1, i, 'ab'.repeat(32));
    }
    cache.close();
    say({ stored, warnings });
  },

  /** Stores frames, saying each, until it is killed. */
  async storeForever(dir, name) {
    const cache = new ArtefactStore(join(dir!, 'cache.sqlite'), { limitBytes: 3e6, onWarning });
    for (let i = 0; ; i++) {
      const key = `${name} ${i}`;
      putFrame(cache, key, entryFor(key, 32));
      say(key);
      if (i % 7 === 0) frameOf(cache, key);
      if (i % 50 === 49) await cache.prune({ bytes: 1e6 });
    }
  },

  /** Stores artefacts that are files, saying each, until it is killed. */
  largeForever(dir, name) {
    const cache = new ArtefactStore(join(dir!, 'cache.sqlite'), { limitBytes: 3e7, onWarning });
    for (let i = 0; ; i++) {
      const key = `${name} ${i}`;
      cache.put(kinds.trajectory, key, largeFor(i), entryFor(key).names);
      say(key);
    }
  },

  /** Stores and prunes the same few frames until it is killed. */
  async churn(dir) {
    const cache = new ArtefactStore(join(dir!, 'cache.sqlite'), { limitBytes: 1e9, onWarning });
    for (let i = 0; ; i++) {
      for (let k = 0; k < 4; k++) putFrame(cache, `k ${k}`, entryFor(`k ${k}`, 48));
      if (i === 0) say('churning');
      await cache.prune({ all: true });
    }
  },

  createJobs(dir, count) {
    const store = openJobStore(join(dir!, 'queue.sqlite'), { dir: join(dir!, 'jobs'), onWarning });
    const ids = Array.from({ length: Number(count) }, () => store.create(settings).id);
    store.close();
    say({ ids, warnings });
  },

  /** Claims a job and holds it until it is killed. */
  async claim(dir, id) {
    const store = openJobStore(join(dir!, 'queue.sqlite'), { dir: join(dir!, 'jobs'), onWarning });
    const claimed = store.claim(id!);
    if (claimed) store.move(id!, 'running');
    say({ claimed });
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },

  async checkpointForever(dir) {
    const file = new CheckpointFile(dir!, 'job');
    for (let i = 1; ; i++) {
      await file.write(KEY, new Uint8Array(200_000).fill(i % 251));
      say(i);
    }
  },

  /** Fills a small disk, then frees it. */
  async fillDisk(dir) {
    const checkpoint = new CheckpointFile(dir!, 'job');
    await checkpoint.write(KEY, new Uint8Array(1000).fill(1));
    const queue = openJobStore(join(dir!, 'queue.sqlite'), { dir: join(dir!, 'jobs'), onWarning });
    const cache = new ArtefactStore(join(dir!, 'cache.sqlite'), { limitBytes: 1e9, onWarning });
    let stored = 0;
    while (stored < 1000 && putFrame(cache, `k ${stored}`, entryFor(`k ${stored}`, 64))) stored++;
    const refusedAgain = !putFrame(cache, 'again', entryFor('again', 64));
    const readable = Array.from({ length: stored }, (_, i) => frameOf(cache, `k ${i}`)).filter(
      Boolean,
    ).length;
    let queueError = '';
    try {
      for (let i = 0; i < 5000; i++) queue.create(settings);
    } catch (error) {
      queueError = toWire(error).code;
    }
    const checkpointError = await checkpoint
      .write(KEY, new Uint8Array(3_000_000))
      .catch((error) => toWire(error).code);
    const kept = await checkpoint.read(KEY);
    const full = await cache.verify();
    const freed = (await cache.prune({ all: true })).items;
    const storedAfter = putFrame(cache, 'after', entryFor('after', 64));
    const verified = await cache.verify();
    cache.close();
    say({
      stored,
      refusedAgain,
      readable,
      warnings,
      queueError,
      checkpointError,
      kept: kept instanceof Uint8Array && kept.length,
      full,
      freed,
      storedAfter,
      verified,
    });
  },
};

const [task, ...args] = process.argv.slice(2);
await TASKS[task!]!(...args);
