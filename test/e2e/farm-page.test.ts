/** What the page shows of other machines on its own: jobs and their shots in the queue, and the sheet that sends. */
import { afterAll, afterEach, expect, it } from 'vitest';
import type { Calls } from '../../src/common/contract/contract.ts';
import type { FarmDriverInfo, FarmShotStatus, FarmStatus } from '../../src/common/contract/farm.ts';
import { AppError } from '../../src/common/errors.ts';
import { type Answers, closeBrowser, type OpenPage, openPage } from '../helpers/page.ts';
import { projectOf } from '../helpers/projects.ts';
import { accessible } from './desk.ts';

let open: OpenPage;
afterEach(() => open?.close());
afterAll(closeBrowser);

const LONG = `${'documentary_second_unit_'.repeat(6)}`;

function shot(
  number: number,
  state: FarmShotStatus['state'],
  more: Partial<FarmShotStatus> = {},
): FarmShotStatus {
  return {
    ...{ number, shotId: `s${number}`, name: `Shot ${number}`, state, host: 'n1', fraction: 0.4, doing: '' },
    ...{ attempts: 1, error: null, lines: [], ...more },
  };
}

function job(name: string, state: FarmStatus['state'], shots: readonly FarmShotStatus[]): FarmStatus {
  return {
    ...{ folder: `/mnt/farm/${name}`, id: 'abcdefghij', name, project: { id: 'project', name: 'Film' } },
    ...{ driver: 'slurm', at: 1, state, words: `${shots.length} shots`, invert: { done: 0, of: 0 }, shots },
    problem: null,
  };
}

const SLURM: FarmDriverInfo = {
  ...{ id: 'slurm', label: 'Slurm', summary: 'An array of jobs.' },
  settings: [{ id: 'partition', label: 'Partition', help: 'Where it runs.', default: 'gpu' }],
};
const LOCAL: FarmDriverInfo = { id: 'local', label: 'This machine', summary: 'By itself.', settings: [] };

async function openWith(answers: Answers): Promise<void> {
  const document = projectOf(48, [20]);
  open = await openPage({ document, answers: { 'farm.drivers': () => [LOCAL, SLURM], ...answers } });
}

async function openQueue(jobs: readonly FarmStatus[], answers: Answers = {}): Promise<void> {
  await openWith({ 'farm.list': () => jobs, ...answers });
  await open.page.getByRole('tab', { name: /Queue/ }).click();
}

const farm = () => open.page.getByRole('region', { name: 'Farm' });
const row = (name: RegExp) => farm().getByRole('listitem', { name });
const messages = () => open.page.getByRole('log', { name: 'Messages' }).textContent();

it('a job of two thousand shots is drawn where it is in sight, what failed first, within its rows', async () => {
  const shots = Array.from({ length: 1999 }, (_, at) => shot(at + 1, 'running', { name: `${LONG}${at}` }));
  const error = { line: `no room in /${LONG}`, hint: 'Make some.' };
  const lines = Array.from({ length: 60 }, (_, at) => `line ${at} ${LONG}`);
  await openQueue([job(LONG, 'running', [...shots, shot(2000, 'failed', { error, lines })])]);
  const { page } = open;
  await row(/^Shot 2000, /).waitFor();
  expect(await page.getByRole('tab', { name: 'Queue 1999' }).count()).toBe(1);
  expect(await farm().getByRole('listitem').count()).toBeLessThan(40);
  await farm().getByText(`No room in /${LONG}. Make some.`).waitFor();
  await farm().getByRole('button', { name: 'Log of Shot 2000' }).click();
  // The newest line is the one in sight.
  const said = farm().locator('pre');
  await expect
    .poll(() => said.evaluate((one) => one.scrollTop + one.clientHeight > one.scrollHeight - 2))
    .toBe(true);
  for (const one of await farm().getByRole('listitem').all())
    expect(await one.evaluate((box) => box.scrollWidth <= box.clientWidth)).toBe(true);
  await accessible(page);
  await row(/^documentary.*2000 shots$/).focus();
  await page.keyboard.press('End');
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-posinset')))
    .toBe('2001');
  await page.keyboard.press('ArrowLeft');
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-posinset')))
    .toBe('1');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => farm().getByRole('listitem').count()).toBe(1);
});

it('a job is cancelled once, sent again, and forgotten', async () => {
  const asked: string[] = [];
  const shots = [shot(1, 'done'), shot(2, 'stopped')];
  const cancelled = Promise.withResolvers<FarmStatus>();
  let jobs = [job('Night', 'running', [shot(1, 'done'), shot(2, 'running')])];
  await openQueue([], {
    'farm.list': () => jobs,
    'farm.cancel': ({ folder }) => {
      asked.push(`cancel ${folder}`);
      return cancelled.promise;
    },
    'farm.again': ({ folder }) => {
      asked.push(`again ${folder}`);
      return job('Night', 'failed', shots);
    },
    'farm.forget': () => {
      jobs = [];
      return null;
    },
  });
  await row(/^Night/).waitFor();
  const cancel = farm().getByRole('button', { name: 'Cancel Night' });
  await cancel.click();
  await farm().getByText('Cancelling…').waitFor();
  expect(await cancel.isDisabled()).toBe(true);
  await row(/^Night/).focus();
  await open.page.keyboard.press('Delete');
  cancelled.resolve(job('Night', 'cancelled', shots));
  await farm().getByRole('button', { name: 'Send again what is missing of Night' }).click();
  await row(/^Shot 2, of Night: Stopped on n1$/).waitFor();
  await farm()
    .getByRole('button', { name: /^Forget Night/ })
    .click();
  await expect.poll(() => farm().count()).toBe(0);
  expect(asked).toEqual(['cancel /mnt/farm/Night', 'again /mnt/farm/Night']);
});

it('what did not prove to be what it says is named when it is collected', async () => {
  const collected: Calls['farm.collect']['output'] = {
    ...{ folder: '/mnt/farm/Night', takes: [], before: 0, missing: [] },
    ...{ artefacts: { added: 0, known: 0, bytes: 0 }, refused: ['shot 1: take.mov is not what was written'] },
    unfiled: [],
  };
  const night = job('Night', 'done', [shot(1, 'done')]);
  await openQueue([night], { 'farm.collect': () => collected, 'farm.status': () => night });
  await farm().getByRole('button', { name: 'Collect what is ready of Night' }).click();
  await expect.poll(messages).toContain('Shot 1: take.mov is not what was written');
  expect(await messages()).not.toContain('nothing new');
});

it('a list that cannot be had says why, and is asked for again', async () => {
  let asks = 0;
  await openQueue([], {
    'farm.list': () => {
      asks += 1;
      if (asks === 1) throw new AppError('disk-full', 'the list cannot be read', { doing: '' });
      return [job('Night', 'done', [shot(1, 'collected')])];
    },
  });
  await farm().getByText('The list cannot be read').waitFor();
  await accessible(open.page);
  await farm().getByRole('button', { name: 'Ask the farm again' }).click();
  await farm().getByText('Farm: nothing is out').waitFor();
});

it('the sheet sends what was chosen, keeps what was typed, and says at its foot why not', async () => {
  const asked: Calls['farm.submit']['input'][] = [];
  const keeps: unknown[] = [];
  await openWith({
    'farm.submit': (input) => {
      asked.push(input);
      if (asked.length === 1)
        throw new AppError('usage', 'Shot 2: the prompt is empty', { doing: 'sending', hint: 'Write one.' });
      return job('Night', 'waiting', [shot(1, 'waiting'), shot(2, 'waiting')]);
    },
    'farm.keep': (kept) => {
      keeps.push(kept);
      return [LOCAL, SLURM];
    },
  });
  const { page } = open;
  await page.getByRole('option', { name: /^Shot 1/ }).focus();
  await page.keyboard.press('Control+Shift+Alt+Enter');
  const sheet = page.getByRole('dialog', { name: 'Send to farm' });
  await sheet.getByRole('button', { name: /Send to$/ }).click();
  await page.getByRole('option', { name: /^Slurm/ }).click();
  await sheet.getByRole('button', { name: /Shots$/ }).click();
  await page.getByRole('option', { name: 'All shots of the timeline (2)' }).click();
  await sheet.getByRole('textbox', { name: 'Partition' }).fill('night');
  await sheet.getByText('Copy the models into it').click();
  await accessible(page);
  const send = sheet.getByRole('button', { name: 'Send 2 shots' });
  await send.click();
  await sheet.getByText('Shot 2: the prompt is empty. Write one.').waitFor();
  await send.click();
  await expect.poll(() => sheet.count()).toBe(0);
  await row(/^Night, Slurm/).waitFor();
  expect(asked[1]).toMatchObject({
    ...{
      project: 'project',
      driver: 'slurm',
      folder: null,
      copyModels: true,
      settings: { partition: 'night' },
    },
    shots: [{ shot: { name: 'Shot 1' } }, { shot: { name: 'Shot 2' } }],
  });
  expect(keeps).toEqual([{ driver: 'slurm', setting: 'partition', value: 'night' }]);
});
