/** A process with a watchdog, stuck in one way or another. argv: task. */
import { execFileSync, fork } from 'node:child_process';
import { FfmpegProcess } from '../../src/main/engine/media/ffmpeg.ts';
import { blocking } from '../../src/main/engine/watchdog/blocking.ts';
import { startWatchdog } from '../../src/main/engine/watchdog/watchdog.ts';
import { BEAT_ARGUMENT } from '../../src/main/heartbeat.ts';

const [task] = process.argv.slice(2);
const hurried = { tickMs: 100, ownSeconds: 1.5, orphanSeconds: 1 };
const tell = (line: string) => process.send?.(line);
/** Native code that does not come back: no timer, no message, no signal handler of ours runs meanwhile. */
const stuck = (seconds: number) => execFileSync('sleep', [String(seconds)]);

switch (task) {
  case 'parent': {
    const child = fork(import.meta.filename, ['orphan', BEAT_ARGUMENT], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    child.stdout!.resume();
    child.on('message', () => tell(String(child.pid)));
    break;
  }
  case 'orphan':
    startWatchdog({ ...hurried, ownSeconds: 1000 });
    process.on('disconnect', () => process.exit(0));
    tell('up');
    setTimeout(() => stuck(60), 200);
    break;
  case 'loop':
    startWatchdog(hurried);
    setTimeout(() => {
      for (;;);
    }, 200);
    break;
  case 'call':
    startWatchdog(hurried);
    await blocking('a call that takes long', async () => stuck(3));
    tell('survived');
    process.disconnect();
    break;
  case 'wrapper': {
    startWatchdog(hurried);
    const [, script] = process.argv.slice(2);
    const running = new FfmpegProcess({ path: script! }, [], { doing: 'waiting' });
    running.finished().catch(() => {});
    setTimeout(() => {
      for (;;);
    }, 1000);
    break;
  }
  case 'idle':
    startWatchdog(hurried);
    tell('up');
    setInterval(() => {}, 1000);
    break;
}
