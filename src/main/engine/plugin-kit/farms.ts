/** Farms, asked for a small job: no scheduler is there, so what they ask first is looked at, and what they make of refusals. */
import { type FarmTasks, farmV1, type ServerAnswer } from '../../../common/plugins/farm-v1.ts';
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import type { Manifest } from '../../../common/plugins/manifest.ts';
import { broken, type Checking } from './checking.ts';
import { sameAnswer } from './recorded.ts';

const task = (step: FarmTasks['tasks'][number]['step'], first: number, last: number) => {
  const name = first === last ? `${step}-${first}` : `${step}-${first}-${last}`;
  const words = ['retake', 'farm', 'run-task', '/jobs/a film', '--step', step, '--first', `${first}`];
  return { name, step, first, last, words: [...words, '--last', `${last}`] };
};
const JOB: FarmTasks = {
  ...{ id: 'abcdefgh01', name: 'Film "Ä" $HOME', folder: '/jobs/a film' },
  tasks: [
    task('invert', 1, 4),
    task('invert', 5, 7),
    task('render', 1, 1),
    task('render', 2, 2),
    task('assemble', 1, 1),
  ],
};
const IDS = { invert: ['1'], render: ['2'], assemble: ['3'] };
const REFUSALS: Readonly<Record<string, ServerAnswer>> = {
  'a server that fails': { status: 500, body: 'Internal Server Error' },
  'a server that lets nobody in': { status: 401, body: '' },
  'a server of something else': { status: 404, body: '<!doctype html><title>Not here</title>' },
};

export async function checkFarms(
  checking: Checking,
  handle: PluginHandle,
  { farms = [] }: Manifest['contributes'],
  signal?: AbortSignal,
): Promise<void> {
  for (const { id, settings: own } of farms) {
    const settings = Object.fromEntries(own.map((one) => [one.id, one.default]));
    const calls = {
      submit: (answers: ServerAnswer[]) =>
        handle.call(farmV1, 'submit', id, [JOB, settings, answers], { signal }),
      status: (answers: ServerAnswer[]) =>
        handle.call(farmV1, 'status', id, [JOB, IDS, settings, answers], { signal }),
      cancel: (answers: ServerAnswer[]) =>
        handle.call(farmV1, 'cancel', id, [JOB, IDS, settings, answers], { signal }),
    };
    for (const [name, call] of Object.entries(calls)) {
      const asks = await checking.that(`farm ${id}: ${name}`, async () => {
        const first = await call([]);
        if (!sameAnswer(await call([]), first)) throw broken('the same twice is not answered the same');
        if (!('ask' in first)) throw broken('it asks its server nothing');
        return `asks ${first.ask.method} ${first.ask.path}`;
      });
      if (!asks || name !== 'submit') continue;
      for (const [what, refusal] of Object.entries(REFUSALS))
        await checking.that(`farm ${id}: ${name}, ${what}`, () => refuses(() => calls.submit([refusal])));
    }
    checking.left(`farm ${id}: a whole job`, 'there is no scheduler here: try it with one');
  }
}

/** It says so in words, or asks on; what it must not do is to take the job for given. */
async function refuses(submit: () => Promise<object>): Promise<string> {
  let told: object;
  try {
    told = await submit();
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : error}`;
  }
  if ('ids' in told) throw broken('it takes a refusal for a job that was taken');
  return 'asks on';
}
