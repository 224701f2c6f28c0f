/** Engines that do not answer: each is ended from outside its own thread, and none that only works hard is. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { allowedSeconds } from '../../src/main/engine/watchdog/blocking.ts';
import { BEAT_ARGUMENT, endHard, listenForBeats } from '../../src/main/heartbeat.ts';
import { edit, makeWorld, movingClip, processesOf, startRetake } from '../helpers/cli.ts';

const WORKER = join(import.meta.dirname, 'watchdog-worker.ts');

interface Ending {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
}

function start(task: string, ...args: string[]) {
  const child = fork(WORKER, [task, ...args], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr!.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<Ending & { readonly said: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, said })),
  );
  return { child, ended, message: nextMessage(child) };
}

const nextMessage = (child: ChildProcess) =>
  new Promise<string>((resolve) => child.once('message', (text) => resolve(String(text))));

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it('one that turns in a circle is stopped, and says so', async () => {
  const { signal, said } = await start('loop').ended;
  expect(signal).toBe('SIGKILL');
  expect(said).toMatch(/did not move for 2 seconds/);
});

it('one in a network call that takes longer than anything else may is left alone', async () => {
  const { ended, message } = start('call');
  expect(await message).toBe('survived');
  expect(await ended).toEqual({ code: 0, signal: null, said: '' });
});

it('one that is stuck in native code does not outlive its parent', async () => {
  const parent = start('parent');
  const orphan = Number(await parent.message);
  onTestFinished(() => endHard(orphan));
  await sleep(500);
  parent.child.kill('SIGKILL');
  await parent.ended;
  expect(alive(orphan)).toBe(true);
  await expect.poll(() => alive(orphan), { timeout: 10_000 }).toBe(false);
});

it('one that was stopped by the system is noticed by its parent', async () => {
  const { child, ended, message } = start('idle', BEAT_ARGUMENT);
  let silent = false;
  let text = '';
  listenForBeats(child.stdout!, {
    onText: (more) => {
      text += more;
    },
    onSilent: () => {
      silent = true;
      endHard(child.pid);
    },
    silentMs: 1500,
  });
  expect(await message).toBe('up');
  await sleep(2500);
  expect(silent).toBe(false);
  child.kill('SIGSTOP');
  expect(await ended).toMatchObject({ signal: 'SIGKILL' });
  expect(silent).toBe(true);
  expect(text).toBe('');
});

it('a render whose engine was stopped by the system ends with what to do', async () => {
  using world = await makeWorld();
  const clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 12 });
  const cli = startRetake(edit(world, clip, join(world.out, 'take.mov'), '--steps', '200'), world);
  await cli.says(/inverting 1\//);
  // Stopped before its first beat, it would only be slow to start.
  await sleep(500);
  process.kill(cli.enginePid(), 'SIGSTOP');
  const { code, stdout, stderr } = await cli.ended;
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/the engine does not answer and is stopped\.\n.*"retake resume" finishes a take/s);
  expect(processesOf(world.home)).toEqual([]);
});

it('a call may take twenty times what calls like it took, and at the least five minutes', () => {
  expect(allowedSeconds(undefined)).toBe(1800);
  expect(allowedSeconds(0.2)).toBe(300);
  expect(allowedSeconds(240)).toBe(4800);
});
