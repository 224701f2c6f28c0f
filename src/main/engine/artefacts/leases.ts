/** Who computes a frame that the cache lacks: one engine does, others do another frame meanwhile or wait for it. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { isAlive } from '../../processes.ts';
import type { Db } from '../storage/db.ts';

/** An engine that has said nothing for so long has lost it, though its process may live: longer than any network call. */
export const LEASE_MS = 15 * 60_000;

interface Lease {
  readonly holder: string;
  readonly host: string;
  readonly pid: number;
  readonly expires: number;
}

export interface LeaseHolder {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
}

/** This cache of this process. */
export function leaseHolder(): LeaseHolder {
  return { id: randomBytes(8).toString('hex'), host: hostname(), pid: process.pid };
}

const LEASE_QUERY = 'SELECT holder, host, pid, expires FROM leases WHERE key = ?';

/** True where the frame is ours to compute. Must run inside a transaction. @param now milliseconds since 1970 */
export function takeLease(db: Db, key: string, { id, host, pid }: LeaseHolder, now: number): boolean {
  const held = db.prepare<[string], Lease>(LEASE_QUERY).get(key);
  if (held && held.holder !== id && held.expires > now && !isGone(held, host)) return false;
  db.prepare('INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)').run(key, id, host, pid, now + LEASE_MS);
  return true;
}

/** Only our own: another engine may have taken it over meanwhile. */
export function dropLease(db: Db, key: string, { id }: LeaseHolder): void {
  db.prepare('DELETE FROM leases WHERE key = ? AND holder = ?').run(key, id);
}

/** Those of engines that were killed long ago. */
export function dropExpired(db: Db, now: number): void {
  db.prepare('DELETE FROM leases WHERE expires <= ?').run(now);
}

/** Processes of another machine are beyond our sight; of those only the time tells. */
function isGone({ host, pid }: Lease, here: string): boolean {
  return host === here && !isAlive(pid);
}
