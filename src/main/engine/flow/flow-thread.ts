/** Entry of a thread that estimates flows; see estimate.ts. One pair of pictures at a time. */
import { parentPort } from 'node:worker_threads';
import { toWire } from '../../../common/errors.ts';
import { disFlow } from './dis.ts';
import type { Answer, Task } from './estimate.ts';

const port = parentPort!;

port.on('message', ({ a, b, width, height }: Task) => {
  let answer: Answer;
  try {
    answer = { data: disFlow(a, b, width, height).data };
  } catch (error) {
    answer = { error: toWire(error) };
  }
  port.postMessage(answer, 'data' in answer ? [answer.data.buffer as ArrayBuffer] : []);
});
