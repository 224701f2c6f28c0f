/** An export that is stopped from the queue is still there to be gone on with, or thrown away. */
import { afterAll, expect, it } from 'vitest';
import type { Delivered } from '../../src/common/contract/delivery.ts';
import { Cancelled } from '../../src/common/errors.ts';
import { closeBrowser, openPage } from '../helpers/page.ts';
import { projectOf } from '../helpers/projects.ts';
import { accessible } from './desk.ts';

afterAll(closeBrowser);

it('says that it was stopped, and its sheet offers to go on and to throw away', async () => {
  let stop = () => {};
  const runs: string[] = [];
  const forgotten: string[] = [];
  const { page, close } = await openPage({
    document: projectOf(48, []),
    answers: {
      'delivery.foresee': () => ({ files: [], bytes: 0, free: 1e9, done: 0, notes: [] }),
      'delivery.run': ({ folder }) => {
        runs.push(folder);
        return new Promise<Delivered>((_, reject) => {
          stop = () => reject(new Cancelled());
        });
      },
      'delivery.forget': ({ folder }) => forgotten.push(folder) > 0,
    },
  });
  const sheet = page.getByRole('dialog', { name: 'Export' });
  await page.keyboard.press('Control+e');
  await sheet.getByRole('button', { name: 'Export', exact: true }).click();
  await sheet.getByRole('button', { name: 'Work on' }).click();
  await page.getByRole('tab', { name: /Queue/ }).click();
  await accessible(page);
  const stopFromQueue = async () => {
    await page.getByRole('button', { name: 'Stop the export' }).click();
    stop();
    await page
      .getByText(/^The export was stopped/)
      .first()
      .waitFor();
  };
  await stopFromQueue();
  await page.keyboard.press('Control+e');
  await sheet.getByRole('button', { name: 'Go on' }).click();
  await expect.poll(() => runs.length).toBe(2);
  expect(runs[1]).toBe(runs[0]);
  await sheet.getByRole('button', { name: 'Work on' }).click();
  await stopFromQueue();
  await page.keyboard.press('Control+e');
  await sheet.getByRole('button', { name: 'Throw away what was made' }).click();
  await sheet.getByRole('button', { name: 'Export', exact: true }).waitFor();
  expect(forgotten).toEqual([runs[0]]);
  await close();
});
