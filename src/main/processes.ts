/** Which machine this is, and whether a process of it lives: seen from every program that runs on it. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, and what tells it from a later one of the same number; null where the system does not say. */
export interface Program {
  readonly pid: number;
  readonly started: string | null;
}

/** The start that it has had, and the numbers that its processes are counted by: a container counts its own. */
export function thisMachine(): string {
  const parts = [hostname(), textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))];
  return [...parts, textOf(() => readlinkSync('/proc/self/ns/pid'))].join(' ').trim();
}

export function programOf(pid: number): Program {
  return { pid, started: statOf(pid)?.started ?? null };
}

/** Of this machine; one that may not be asked does. The number may have been given to another since. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Of this machine. One that has ended and waits for its parent to hear of it is gone too. */
export function isGone({ pid, started }: Program): boolean {
  const now = statOf(pid);
  if (now) return now.state === 'Z' || now.state === 'X' || (started !== null && now.started !== started);
  return started !== null || !isAlive(pid);
}

/** What Linux tells of a process (proc_pid_stat(5)); null elsewhere, or where there is none. */
function statOf(pid: number): { state: string; started: string } | null {
  const text = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // Its name is in brackets and may hold anything; field 3 comes after, the start is field 22.
  const fields = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  const [state, started] = [fields[0], fields[19]];
  return state && started ? { state, started } : null;
}

function textOf(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}
