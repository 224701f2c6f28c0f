/** Entry of the thread in which one plugin's scripts run; see thread.ts. One call at a time. */
import { parentPort } from 'node:worker_threads';
import { runScript, type ScriptTask } from './quickjs.ts';
import type { ThreadAnswer } from './thread.ts';

const port = parentPort!;

port.on('message', async (task: ScriptTask) => {
  let answer: ThreadAnswer;
  try {
    answer = { end: await runScript(task), broken: false };
  } catch (error) {
    // The interpreter itself gave up: of deep nesting it runs out of the thread's own stack.
    const fault = error instanceof RangeError ? 'stack' : 'memory';
    answer = { end: { answer: null, fault, message: String(error), place: null, log: [] }, broken: true };
  }
  port.postMessage(answer);
});
