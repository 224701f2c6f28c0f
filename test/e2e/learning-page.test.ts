/** What the page shows of learning on its own: a row of the queue with its curve, and which takes can be saved as a LoRA. */
import { afterAll, afterEach, expect, it } from 'vitest';
import type { MethodInfo } from '../../src/common/contract/machine.ts';
import type { QueueEntry } from '../../src/common/contract/queue.ts';
import { AppError } from '../../src/common/errors.ts';
import { curveOf } from '../../src/common/learning-curve.ts';
import type { Shot } from '../../src/common/project/document.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { type Answers, closeBrowser, type OpenPage, openPage } from '../helpers/page.ts';
import { projectOf, takeOf } from '../helpers/projects.ts';
import { accessible, takes } from './desk.ts';

let open: OpenPage;
afterEach(() => open?.close());
afterAll(closeBrowser);

const LONG = 'גל־'.repeat(40) + 'pictures_of_the_second_unit_'.repeat(4);

function learns(taken: number, steps: number, label = 'Shot 1'): QueueEntry {
  const losses = Array.from(
    { length: taken },
    (_, step) => 0.05 + Math.abs(Math.sin(step * 7.3)) / (1 + step / 50),
  );
  return {
    ...{ id: 'a', shotId: 's', label, project: { id: 'other', name: label }, position: 0, state: 'running' },
    settings: settingsWith({ clip: 'a', bundle: 'b', out: 'c', sourcePrompt: 's', prompt: label }),
    ...{ fraction: 0.3, etaSeconds: 754, phase: 'learn', learning: curveOf(losses, steps) },
    ...{ error: null, hint: null, preview: false, filed: true },
  };
}

async function openQueue(entry: QueueEntry, answers: Answers = {}): Promise<void> {
  open = await openPage({
    document: projectOf(48, []),
    answers: { 'queue.list': () => ({ entries: [entry], paused: false }), ...answers },
  });
  await open.page.getByRole('tab', { name: /Queue/ }).click();
}

it.each([
  [1, 1],
  [1234, 5000],
])('a curve of %d of %d steps stands in its row, whatever the names', async (taken, steps) => {
  await openQueue(learns(taken, steps, LONG));
  const { page } = open;
  const curve = page.getByRole('img', { name: /^Loss so far: began at \d\.\d{4}, lowest \d\.\d{4}/ });
  await curve.waitFor();
  await page.getByText(`Step ${taken} of ${steps} · mean loss `).waitFor();
  const row = page.getByRole('listitem', { name: new RegExp(`Step ${taken} of ${steps}`) });
  const outer = (await row.boundingBox())!;
  for (const inner of [curve, page.getByRole('button', { name: 'Stop learning, keep' })]) {
    const box = (await inner.boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(outer.x);
    expect(box.x + box.width).toBeLessThanOrEqual(outer.x + outer.width);
    expect(box.y + box.height).toBeLessThanOrEqual(outer.y + outer.height);
  }
  expect(await row.evaluate((one) => one.scrollWidth <= one.clientWidth)).toBe(true);
  await accessible(page);
});

it('is ended once by the button, and again where that was refused', async () => {
  const asked: string[] = [];
  await openQueue(learns(3, 100), {
    'job.enough': ({ id }) => {
      asked.push(id);
      if (asked.length === 1)
        throw new AppError('usage', 'job a does not learn just now', { doing: 'ending the learning' });
      return null;
    },
  });
  const { page } = open;
  await page.getByRole('button', { name: 'Stop learning, keep' }).click();
  await expect
    .poll(() => page.getByRole('log', { name: 'Messages' }).textContent())
    .toContain('does not learn just now');
  await page.getByRole('button', { name: 'Stop learning, keep' }).click();
  expect(await page.getByRole('button', { name: 'Stops after this step' }).isDisabled()).toBe(true);
  expect(asked).toEqual(['a', 'a']);
});

it('only takes of methods that learn can be saved as a LoRA', async () => {
  const document = projectOf(48, []);
  const [shot] = document.timeline as Shot[];
  for (const id of ['learner', 'other']) {
    const take = takeOf(id, shot!);
    document.takes[id] = { ...take, settings: { ...take.settings, method: { id, params: {} } } };
  }
  const method = { label: 'M', summary: '', params: {}, severalAnchors: false, solvers: [] };
  const methods: MethodInfo[] = [
    { ...method, id: 'learner', learns: true },
    { ...method, id: 'other' },
  ];
  open = await openPage({ document, answers: { 'methods.list': () => methods } });
  const { page } = open;
  await page.getByRole('option', { name: /^Shot 1/ }).focus();
  for (const [name, entries] of [
    ['learner', 1],
    ['other', 0],
  ] as const) {
    await takes(page)
      .getByRole('button', { name: `More for ${name}` })
      .click();
    await page.getByRole('menuitem', { name: 'Export…' }).waitFor();
    expect(await page.getByRole('menuitem', { name: 'Save as LoRA…' }).count()).toBe(entries);
    await page.keyboard.press('Escape');
  }
});
