/** What a process holds, as Linux alone tells it; zeros elsewhere. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Bytes. */
export interface Held {
  /** Memory of its own, now. */
  readonly own: number;
  /** Pages shared with files, now. */
  readonly mapped: number;
  /** Both, now. */
  readonly resident: number;
  /** The most of both so far, or since it was last counted anew. */
  readonly peak: number;
}

/** @param pid this process when absent @throws where there is no such process */
export function held(pid: number | 'self' = 'self'): Held {
  if (process.platform !== 'linux') return { own: 0, mapped: 0, resident: 0, peak: 0 };
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
  return {
    own: bytes('RssAnon'),
    mapped: bytes('RssFile'),
    resident: bytes('VmRSS'),
    peak: bytes('VmHWM'),
  };
}

/** What was most is counted anew from here on. */
export function countAnew(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
}
