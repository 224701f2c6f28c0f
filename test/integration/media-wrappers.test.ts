/** What stands at RETAKE_FFMPEG may be a script: one that hangs is ended with all that it has started. */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { FfmpegProcess, findFfmpeg, resolveFfmpeg, runFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { endHard } from '../../src/main/heartbeat.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

/** A script that starts a sleeper of its own, writes its number to a file, and then does as told. */
function wrapper(then: string): { readonly path: string; sleeper(): number | null } {
  const dir = tempFolder();
  const path = join(dir, 'ffmpeg');
  const note = join(dir, 'sleeper');
  writeFileSync(path, `#!/bin/sh\nsleep 300 &\necho $! > '${note}'\n${then}\n`, { mode: 0o755 });
  const sleeper = () => {
    try {
      return Number(readFileSync(note, 'utf8')) || null;
    } catch {
      return null;
    }
  };
  onTestFinished(() => endHard(sleeper() ?? undefined));
  return { path, sleeper };
}

/** Zombies nobody has reaped yet are gone, too. */
function alive(pid: number | null): boolean {
  try {
    return pid !== null && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const isGone = (script: { sleeper(): number | null }) =>
  expect.poll(() => alive(script.sleeper()), { timeout: 5000 }).toBe(false);

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw error;
  return error.message;
}

describe.skipIf(process.platform !== 'linux')('a wrapper', () => {
  it('that hangs at work', async () => {
    const script = wrapper('wait');
    expect(await failure(runFfmpeg(script, [], { doing: 'reading', stallMs: 1000 }))).toMatch(/no progress/);
    expect(script.sleeper()).not.toBeNull();
    await isGone(script);
  });

  it('that ends and leaves something running which holds its pipes', async () => {
    const script = wrapper('exit 0');
    expect(await failure(runFfmpeg(script, [], { doing: 'reading', stallMs: 1000 }))).toMatch(/no progress/);
    await isGone(script);
  });

  it('that hangs when asked what it is', async () => {
    const script = wrapper('wait');
    const found = findFfmpeg([{ name: 'RETAKE_FFMPEG', path: script.path }], { answerMs: 1000 });
    expect(await failure(found)).toMatch(/RETAKE_FFMPEG .*no answer within 1 s/);
    await isGone(script);
  });

  it('that answers without end', async () => {
    const script = wrapper('exec yes');
    const found = findFfmpeg([{ name: 'RETAKE_FFMPEG', path: script.path }]);
    expect(await failure(found)).toMatch(/prints without end/);
    await isGone(script);
  });

  it('that hangs while it is given pictures', async () => {
    const script = wrapper('wait');
    const writing = async () => {
      await using child = new FfmpegProcess(script, [], { doing: 'writing', stallMs: 1000 });
      while (await child.write(new Uint8Array(1 << 20)));
    };
    expect(await failure(writing())).toMatch(/no progress/);
    await isGone(script);
  });

  it('that complains without end, fast or slowly, makes no progress', async () => {
    const fast = wrapper('exec yes >&2');
    expect(await failure(runFfmpeg(fast, [], { doing: 'reading' }))).toMatch(/complained without end/);
    await isGone(fast);
    const slow = wrapper('while :; do echo "frame= 1 time=00:00:01" >&2; sleep 0.1; done');
    expect(await failure(runFfmpeg(slow, [], { doing: 'reading', stallMs: 1500 }))).toMatch(/no progress/);
    await isGone(slow);
  });

  it('does not outlive an engine that its watchdog ends', async () => {
    const script = wrapper('wait');
    const child = fork(join(import.meta.dirname, 'watchdog-worker.ts'), ['wrapper', script.path], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const signal = await new Promise((resolve) => child.once('exit', (_code, name) => resolve(name)));
    expect(signal).toBe('SIGKILL');
    expect(script.sleeper()).not.toBeNull();
    await isGone(script);
  });
});

it('pictures told one after the other are progress, however long all of them take', async () => {
  const args = [
    '-hide_banner',
    '-re',
    '-f',
    'lavfi',
    '-i',
    'testsrc=r=4:d=3',
    '-vf',
    'showinfo',
    '-f',
    'null',
    '-',
  ];
  const { code } = await runFfmpeg(await resolveFfmpeg(), args, { doing: 'reading', stallMs: 1500 });
  expect(code).toBe(0);
});
