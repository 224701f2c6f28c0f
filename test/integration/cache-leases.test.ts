import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { LEASE_MS } from '../../src/main/engine/artefacts/leases.ts';

import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { entryFor, putFrame } from '../helpers/cache-entries.ts';

import { tempFolder } from '../helpers/temp-folder.ts';

function two() {
  const file = join(tempFolder(), 'cache.sqlite');
  const clock = { ms: 1_700_000_000_000 };
  const open = () =>
    new ArtefactStore(file, { limitBytes: 1e9, onWarning: expect.unreachable, now: () => clock.ms });
  return { file, clock, one: open(), other: open() };
}

it('one computes a frame at a time; storing it or giving up ends that', () => {
  const { one, other } = two();
  expect(one.lease('k')).toBe(true);
  expect(other.lease('k')).toBe(false);
  expect(one.lease('k')).toBe(true);
  expect(other.lease('another')).toBe(true);
  putFrame(one, 'k', entryFor('k'));
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
