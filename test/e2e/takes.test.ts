/** Many takes of one shot: varied as one batch, looked through, rated, noted and compared. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TakeReport } from '../../src/common/report.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import {
  accessible,
  demoBundle,
  importClip,
  newProject,
  prompt,
  RENDER_MS,
  setSteps,
  shots,
  sourcePrompt,
  takes,
} from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

describe.skipIf(!demoBundle())('takes', () => {
  const home = usedHome();
  let app: RunningApp;
  beforeAll(async () => {
    const clip = join(home.path, 'moving.mp4');
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=128x96:r=24:d=0.125'];
    await ffmpegDoes(...picture, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', clip);
    app = await launch({ home: home.path });
    await newProject(app, join(home.path, 'film.retake'));
    await importClip(app, clip);
    await sourcePrompt(app.page).fill('a red ball');
    await prompt(app.page).fill('a blue ball');
    await setSteps(app.page, 2);
  }, 2 * RENDER_MS);
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });
  const dialog = (name: string) => app.page.getByRole('dialog', { name });

  it(
    'are varied as one batch that inverts once, and come together as a contact sheet',
    async () => {
      const { page } = app;
      await shots(page).first().focus();
      await page.keyboard.press('Control+Shift+V');
      const sheet = dialog('Variations');
      await sheet.getByRole('textbox', { name: 'Prompts, one a line' }).fill('a blue ball\na green ball');
      await sheet.getByRole('textbox', { name: 'Prompt strength' }).fill('3, 5');
      await sheet.getByText('every seed gives the same take').waitFor({ timeout: RENDER_MS });
      await sheet.getByRole('textbox', { name: 'Seeds' }).fill('1');
      await sheet.getByText('4 renders').waitFor();
      await accessible(page);
      await sheet.getByRole('button', { name: 'Render all 4' }).click();
      await takes(page)
        .getByText('Take 4')
        .waitFor({ timeout: 2 * RENDER_MS });
      const folder = join(home.path, 'film takes');
      const reports = readdirSync(folder)
        .filter((name) => name.endsWith('.report.json'))
        .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as TakeReport);
      const asked = reports.map(({ settings }) => [settings.prompts.target, settings.sampling.guidance]);
      expect(asked.sort()).toEqual([
        ['a blue ball', 3],
        ['a blue ball', 5],
        ['a green ball', 3],
        ['a green ball', 5],
      ]);
      expect(reports.filter(({ inversion }) => inversion.unetCalls > 0)).toHaveLength(1);

      await page.getByRole('button', { name: 'Contact sheet of 4 takes' }).click();
      const contact = dialog('Contact sheet');
      const cell = contact.getByRole('row', { name: /Take 1, a blue ball · .* 3, not rated/ });
      await cell.focus();
      await page.keyboard.press('5');
      await contact.getByRole('row', { name: /Take 1, .*5 of 5/ }).waitFor();
      await accessible(page);
      await contact.getByRole('row', { name: /Take 1, / }).click();
      await contact.getByRole('row', { name: /Take 1, .*on the timeline/ }).waitFor();
      await page.keyboard.press('Escape');
      await contact.waitFor({ state: 'detached' });
      await page.getByRole('tab', { name: 'Inspector' }).click();
    },
    4 * RENDER_MS,
  );

  it('are looked through by rating and with notes, and compared three at a time', async () => {
    const { page } = app;
    const panel = takes(page);
    await panel.getByRole('button', { name: 'Show takes as a grid' }).click();
    await panel.getByRole('row', { name: /Take 4/ }).focus();
    await page.keyboard.press('n');
    await page.keyboard.type('The edge flickers');
    await page.keyboard.press('Enter');
    await panel.getByRole('row', { name: /Take 4, .*note: The edge flickers/ }).waitFor();
    await page.keyboard.press('Control+z');
    await panel.getByText('The edge flickers').waitFor({ state: 'detached' });
    await accessible(page);

    await panel.getByRole('row', { name: /Take 4/ }).click();
    for (const name of [/Take 3/, /Take 2/])
      await panel.getByRole('row', { name }).click({ modifiers: ['ControlOrMeta'] });
    await panel.getByRole('button', { name: 'Compare the 3 side by side' }).click();
    await page.locator('[data-pane]').nth(3).waitFor();
    await page.locator('[data-shown-frame][data-shown-second]').waitFor();
    await accessible(page);
    await page.getByRole('button', { name: 'Stop comparing' }).click();
    await page.locator('[data-pane]').first().waitFor({ state: 'detached' });

    await panel.getByRole('button', { name: /Which takes/ }).click();
    await page.getByRole('option', { name: '★★★★★' }).click();
    await expect.poll(() => panel.getByRole('row', { name: /Take/ }).count()).toBe(1);
  });

  it('give their prompts back', async () => {
    const { page } = app;
    await page.getByRole('button', { name: 'Prompt: used before' }).click();
    await page.getByRole('menuitem', { name: 'a green ball' }).click();
    await expect.poll(() => prompt(page).inputValue()).toBe('a green ball');
  });
});
