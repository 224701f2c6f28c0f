import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openLatentCache } from '../../src/main/engine/artefacts/latents.ts';
import { LEASE_MS } from '../../src/main/engine/artefacts/leases.ts';
import { latents } from '../../src/main/engine/artefacts/migrations/001-latents.ts';
import { insertRow } from '../../src/main/engine/artefacts/rows.ts';
import { inTransaction } from '../../src/main/engine/storage/db.ts';
import { entryFor } from '../helpers/cache-entries.ts';
import { openDatabase } from '../helpers/open-database.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

function two() {
  const file = join(tempFolder(), 'cache.sqlite');
  const clock = { ms: 1_700_000_000_000 };
  const open = () =>
    openLatentCache(file, { limitBytes: 1e9, onWarning: expect.unreachable, now: () => clock.ms });
  return { file, clock, one: open(), other: open() };
}

it('one computes a frame at a time; storing it or giving up ends that', () => {
  const { one, other } = two();
  expect(one.lease('k')).toBe(true);
  expect(other.lease('k')).toBe(false);
  expect(one.lease('k')).toBe(true);
  expect(other.lease('another')).toBe(true);
  one.put('k', entryFor('k'));
  expect(other.lease('k')).toBe(true);
  // What has been taken over is not given up by the first.
  one.release('k');
  expect(one.lease('k')).toBe(false);
  other.release('k');
  expect(one.lease('k')).toBe(true);
});

it('one that has not been heard of for long has lost it, and prolonging keeps it', () => {
  const { clock, one, other } = two();
  one.lease('k');
  clock.ms += LEASE_MS - 1;
  expect(other.lease('k')).toBe(false);
  one.lease('k');
  clock.ms += LEASE_MS - 1;
  expect(other.lease('k')).toBe(false);
  clock.ms += 1;
  expect(other.lease('k')).toBe(true);
});

it('one whose process is gone has lost it at once, on this machine only', () => {
  const { file, one, other } = two();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const claim = (key: string, host: string | null) => {
    one.lease(key);
    const db = new Database(file);
    db.prepare('UPDATE leases SET pid = ?, host = coalesce(?, host) WHERE key = ?').run(pid, host, key);
    db.close();
  };
  claim('here', null);
  claim('there', 'another machine');
  expect(other.lease('here')).toBe(true);
  expect(other.lease('there')).toBe(false);
});

it('a cache from before there were leases keeps its frames', () => {
  const file = join(tempFolder(), 'cache.sqlite');
  const older = openDatabase(file, { migrations: [latents], label: 'the cache' });
  const { latent, meta } = entryFor('k');
  inTransaction(older, () => insertRow(older, 'k', latent, { ...meta, created: 1 }, 1));
  older.close();
  const cache = openLatentCache(file, { limitBytes: 1e9, onWarning: expect.unreachable });
  expect(cache.get('k')!.latent).toEqual(latent);
  expect(cache.lease('another')).toBe(true);
});
