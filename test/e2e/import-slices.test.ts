/** What an import puts up at once is small; the large form of settings follows in slices. `npx electron-vite build` first. */
import { afterAll, expect, it } from 'vitest';
import { emptyProject } from '../../src/common/project/document.ts';
import { closeBrowser, openPage } from '../helpers/page.ts';
import { clipRef } from '../helpers/projects.ts';

afterAll(closeBrowser);

/** What the page held when the first shot had just come, and how many tasks ran until the form was there. */
interface Seen {
  form: boolean;
  render: boolean;
  tasksBetween: number;
}

it('the form of settings comes after the shots, not in the same task', async () => {
  const open = await openPage({
    document: emptyProject('Test'),
    answers: {
      'clip.import': () => ({
        ref: clipRef('clip', 1000),
        info: { warnings: [] } as never,
        isRateGuessed: false,
      }),
      'clip.cuts': () => ({ cuts: Array.from({ length: 99 }, (_, at) => (at + 1) * 10) }),
    },
  });
  const { page } = open;
  await page.evaluate(() => {
    window.retake!.shell.openClipDialog = async () => ['/clips/clip.mov'];
  });
  const seen = page.evaluate(
    () =>
      new Promise<Seen>((done) => {
        const has = (what: string) => document.querySelector(what) !== null;
        const { port1, port2 } = new MessageChannel();
        let seen: Seen | null = null;
        port1.onmessage = () => {
          seen!.tasksBetween++;
          if (has('textarea')) done(seen!);
          else port2.postMessage(null);
        };
        // Called at the end of the task in which something has changed.
        new MutationObserver((_, observer) => {
          if (!has('[role=option]')) return;
          observer.disconnect();
          seen = {
            form: has('textarea'),
            render: [...document.querySelectorAll('button')].some((one) =>
              one.textContent?.startsWith('Render'),
            ),
            tasksBetween: 0,
          };
          port2.postMessage(null);
        }).observe(document, { subtree: true, childList: true });
      }),
  );
  await page.getByRole('region', { name: 'Timeline' }).getByRole('button', { name: 'Import clips…' }).click();
  const { form, render, tasksBetween } = await seen;
  expect({ form, render }).toEqual({ form: false, render: true });
  // Drawn in one piece, the form is there after the second.
  expect(tasksBetween).toBeGreaterThan(2);
  await expect.poll(() => page.getByLabel('Prompt', { exact: true }).count()).toBe(1);
  await open.close();
});
