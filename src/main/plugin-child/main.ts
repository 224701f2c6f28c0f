/**
 * A plugin's process, from its first line. It depends on nothing but Node: what it may read is its own files and the plugin's.
 * Started by engine/plugins/process/child.ts, never by hand.
 */
import fs from 'node:fs';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Calls, words } from './calls.ts';
import { closeAll } from './close.ts';
import { type GuardData, guard, startGuard } from './guard.ts';
import type { ChildWord, HostWord } from './messages.ts';
import { encodeFrame, FrameReader, KIND, type Kind } from './wire.ts';

if (isMainThread) await start();
else guard(workerData as GuardData, () => parentPort?.postMessage('watching'));

async function start(): Promise<void> {
  const [dir, parent, memoryBytes] = process.argv.slice(2) as [string, string, string];
  const { writeSync } = fs;
  const { exit } = process;
  const { stdin } = process;
  /** Blocks until the host has taken it, so what it has not yet read is held by nobody. */
  const write = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(1, bytes, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') exit(0);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
  };
  const send = (kind: Kind, id: number, value: unknown) => {
    const parts = encodeFrame(kind, id, value);
    for (let i = 0; i < parts.length; i++) write(parts[i]!);
  };
  const say = (word: ChildWord) => send(KIND.word, 0, word);

  say({ is: 'alive' });
  await startGuard(new URL(import.meta.url), { parent: Number(parent), memoryBytes: Number(memoryBytes) });
  // From here on the process starts no thread, by the permission model itself.
  (process as { permission?: { drop?: (scope: string) => void } }).permission?.drop?.('worker');
  process.on('uncaughtException', (error) => {
    say({ is: 'uncaught', text: words(error) });
    exit(70);
  });
  closeAll(dir);

  const calls = new Calls(send);
  const hear = (word: HostWord) => {
    if (word.is === 'cancel') calls.cancel(word.id);
    else void calls.activate(word).then(say, (error) => say({ is: 'unusable', text: words(error) }));
  };
  const reader = new FrameReader({
    accept: () => true,
    onFrame: ({ kind, id, value }) => {
      if (kind === KIND.word) hear(value as HostWord);
      else if (kind === KIND.call) void calls.run(id, value as never);
      else if (kind === KIND.answer) calls.answer(id, value as never);
    },
    onFault: () => exit(71),
  });
  stdin.on('data', (chunk: Buffer) => reader.push(chunk));
  // Retake has closed it, or is gone.
  stdin.on('end', () => exit(0)).on('error', () => exit(0));
  say({ is: 'ready' });
}
