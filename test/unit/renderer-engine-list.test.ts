/** Lists of the engine that several panels show. */
import { expect, test } from 'vitest';
import { engineList } from '../../src/renderer/store/engine-list.ts';

/** Answers that come when the test says so, in the order of the questions. */
function engine() {
  const questions: ((list: readonly string[]) => void)[] = [];
  const ask = () => new Promise<readonly string[]>((resolve) => questions.push(resolve));
  return { questions, ask };
}

test('each engine is asked once, however many need the list', async () => {
  const { questions, ask } = engine();
  const list = engineList(ask);
  for (let field = 0; field < 12; field++) list.need(1);
  expect(questions).toHaveLength(1);
  list.need(2);
  expect(questions).toHaveLength(2);
});

test('an answer from before a change does not take the change back', async () => {
  const { questions, ask } = engine();
  const list = engineList(ask);
  const early = list.refresh();
  await list.take(Promise.resolve(['one', 'two']));
  questions[0]!(['one']);
  await early;
  expect(list.store.getState().list).toEqual(['one', 'two']);
});

test('a change that took long is newer than what was asked meanwhile', async () => {
  const { questions, ask } = engine();
  const list = engineList(ask);
  let downloaded: (list: readonly string[]) => void = () => {};
  const download = list.take(new Promise<readonly string[]>((resolve) => (downloaded = resolve)));
  const opened = list.refresh();
  questions[0]!(['one']);
  await opened;
  expect(list.store.getState().list).toEqual(['one']);
  downloaded(['one', 'two']);
  await download;
  expect(list.store.getState().list).toEqual(['one', 'two']);
});
