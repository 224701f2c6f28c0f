/** A task in a program of its own: what ends it ends nothing else, and whoever watches hears what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { childEnvironment } from '../../../child-environment.ts';
import { endHard } from '../../../heartbeat.ts';
import { type Program, programOf } from '../../../processes.ts';
import { EXIT_AGAIN, EXIT_NEVER } from '../job-folder.ts';
import type { Ending } from './files.ts';

/** In which a task that is to stop may write its checkpoint, in milliseconds. */
const GRACE_MS = 120_000;
/** Of the command line: what it was asked makes no sense, and will not another time. */
const EXIT_USAGE = 2;
const LONGEST_WHY = 500;
const WINDOWS = process.platform === 'win32';

export interface Heard {
  /** Of the task, 0 to 1; null while it has not said. */
  readonly fraction: number | null;
  readonly doing: string;
}

export interface TaskProcess {
  readonly program: Program;
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<Pick<Ending, 'how' | 'why'>>;
}

/**
 * Starts `command` and copies what it prints to `log`. Its lines "openjd_progress: 41.5", "openjd_status: …" and
 * "openjd_fail: …" are heard (Open Job Description, How Jobs Are Run: Stdout Messages).
 * @param signal asks it to stop, with SIGTERM
 * @throws Error of the system where the program cannot be started
 */
export async function startTask(
  [command, ...args]: readonly [string, ...string[]],
  { log, signal, onHeard }: { log: string; signal: AbortSignal; onHeard: (heard: Heard) => void },
): Promise<TaskProcess> {
  // In a group of its own: Ctrl-C reaches who watches, which then ends it in order.
  const child = spawn(command, args, {
    detached: !WINDOWS,
    windowsHide: true,
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  // Of one that has just ended.
  child.on('error', () => {});
  const endAll = () => endGroup(child, 'SIGKILL');
  process.on('exit', endAll);
  const words = listen(child, log, onHeard);
  const ended = new Promise<Pick<Ending, 'how' | 'why'>>((resolve) => {
    let patience: NodeJS.Timeout | null = null;
    const stop = () => {
      // Of the program alone: it ends in order what it has started.
      child.kill('SIGTERM');
      patience = setTimeout(endAll, GRACE_MS);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
    child.once('close', (code, by) => {
      if (patience) clearTimeout(patience);
      signal.removeEventListener('abort', stop);
      process.off('exit', endAll);
      const end = by ?? `exit code ${code}`;
      resolve(
        code === 0
          ? { how: 'done', why: '' }
          : { how: howOf(code, signal), why: words() || `it ended (${end})` },
      );
    });
  });
  return { program: programOf(child.pid!), ended };
}

function howOf(code: number | null, { aborted }: AbortSignal): Ending['how'] {
  if (code === EXIT_NEVER || code === EXIT_USAGE) return 'never';
  // Killed, crashed or without memory: another turn may have more luck, and turns are counted.
  return aborted && (code === EXIT_AGAIN || code === null) ? 'stopped' : 'again';
}

/** Returns what tells why it failed. */
function listen(child: ChildProcess, log: string, onHeard: (heard: Heard) => void): () => string {
  const file = createWriteStream(log, { flags: 'a' });
  // A full disk is told by the task itself, which wants to write more than this.
  file.on('error', () => {});
  let heard: Heard = { fraction: null, doing: '' };
  let [failed, lastError] = ['', ''];
  createInterface(child.stdout!).on('line', (line) => {
    file.write(`${line}\n`);
    const [, word, text = ''] = /^openjd_(progress|status|fail):\s*(.*)$/.exec(line) ?? [];
    if (word === 'fail') failed = text;
    else if (word === 'status') heard = { ...heard, doing: text };
    else if (word === 'progress' && Number.isFinite(Number.parseFloat(text))) {
      heard = { ...heard, fraction: Math.min(1, Math.max(0, Number.parseFloat(text) / 100)) };
    }
    if (word === 'status' || word === 'progress') onHeard(heard);
  });
  createInterface(child.stderr!).on('line', (line) => {
    file.write(`${line}\n`);
    if (line.trim() !== '') lastError = line.trim();
  });
  child.once('close', () => file.end());
  return () => (failed || lastError).slice(0, LONGEST_WHY);
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (WINDOWS) child.kill(signal);
  else if (child.pid !== undefined) endHard(-child.pid);
}
