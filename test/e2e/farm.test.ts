/** Shots for other machines: sent from the sheet, watched in the queue, home as takes; closing the window changes nothing. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffmpegDoes } from '../helpers/clips.ts';
import {
  accessible,
  choose,
  demoBundle,
  importClip,
  newProject,
  prompt,
  RENDER_MS,
  saved,
  setSteps,
  shots,
  sourcePrompt,
  takes,
} from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

/** Another engine starts for it. */
const FARM_MS = 2 * RENDER_MS;

const sheet = (page: Page) => page.getByRole('dialog', { name: 'Send to farm' });
const farm = (page: Page) => page.getByRole('region', { name: 'Farm' });
const takeFiles = (folder: string) => readdirSync(folder).filter((name) => /\.(mov|mp4|mkv)$/.test(name));

describe.skipIf(!demoBundle())('shots for other machines', () => {
  const home = usedHome();
  const project = join(home.path, 'film.retake');
  const folders = join(home.path, 'farm');
  let app: RunningApp;
  beforeAll(async () => {
    mkdirSync(folders);
    const clip = join(home.path, 'one scene.mp4');
    await ffmpegDoes(
      ...['-f', 'lavfi', '-i', 'testsrc2=alpha=255:s=128x96:r=24:d=0.25,setsar=1'],
      ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', clip],
    );
    app = await launch({ home: home.path });
    await newProject(app, project);
    await importClip(app, clip);
  });
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });

  it('are refused at the sheet, before anything is packed', async () => {
    const { page } = app;
    await shots(page).first().focus();
    await page.keyboard.press('Control+Shift+Alt+Enter');
    await sheet(page).getByRole('button', { name: 'The chosen shots (1) Shots' }).waitFor();
    await accessible(page);
    await sheet(page).getByRole('button', { name: 'Send 1 shot' }).click();
    await sheet(page)
      .getByText(/prompt/i)
      .waitFor();
    // Said where it can be mended, and nowhere else.
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.keyboard.press('Escape');
    await expect.poll(() => sheet(page).count()).toBe(0);
    expect(readdirSync(folders)).toEqual([]);
  });

  it('run elsewhere, and their takes come home by themselves', async () => {
    const { page } = app;
    await sourcePrompt(page).fill('a green square');
    await prompt(page).fill('a red square');
    await setSteps(page, 2);
    await page.getByRole('button', { name: 'Send to farm…' }).click();
    await choose(app, { open: folders });
    await sheet(page)
      .getByRole('button', { name: /^Choose: Folder/ })
      .click();
    await expect
      .poll(() =>
        sheet(page)
          .getByRole('textbox', { name: /^Folder of the job/ })
          .inputValue(),
      )
      .toContain(join(folders, 'film '));
    await sheet(page).getByRole('button', { name: 'Send 1 shot' }).click();
    await farm(page).waitFor({ timeout: FARM_MS });
    expect(await sheet(page).count()).toBe(0);
    await takes(page).getByText('Take 1').waitFor({ timeout: FARM_MS });
    // A job that is over folds by itself.
    await farm(page).getByText('Farm: nothing is out').waitFor();
    await farm(page).getByRole('button', { name: /^film/, expanded: false }).click();
    await farm(page)
      .getByText(/^Its take is here/)
      .waitFor();
    await saved(page);
    expect(takeFiles(join(home.path, 'film takes'))).toHaveLength(1);
    expect(readdirSync(folders)).toHaveLength(1);
    await accessible(page);
  });

  it('go on while the window is closed, and are home when it is opened again', async () => {
    await app.page.getByRole('tab', { name: 'Inspector' }).click();
    await prompt(app.page).fill('a blue square');
    await app.page.getByRole('button', { name: 'Send to farm…' }).click();
    // As it was sent before, in a folder of its own.
    const folder = sheet(app.page).getByRole('textbox', { name: /^Folder of the job/ });
    await expect.poll(() => folder.inputValue()).toContain(join(folders, 'film '));
    await folder.fill(join(folders, 'second'));
    await sheet(app.page).getByRole('button', { name: 'Send 1 shot' }).click();
    await farm(app.page)
      .getByRole('button', { name: /^Cancel / })
      .waitFor({ timeout: FARM_MS });
    await app.quit();
    app = await launch({ home: home.path, args: [project] });
    const { page } = app;
    await shots(page).first().waitFor();
    await shots(page).first().focus();
    await takes(page).getByText('Take 2').waitFor({ timeout: FARM_MS });
    expect(takeFiles(join(home.path, 'film takes'))).toHaveLength(2);
    await page.getByRole('tab', { name: /Queue/ }).click();
    await farm(page).getByText('Farm: nothing is out').waitFor();
  });

  it('are cancelled, sent again, and forgotten', async () => {
    const { page } = app;
    await page.getByRole('tab', { name: 'Inspector' }).click();
    await prompt(page).fill('a yellow square');
    await setSteps(page, 8);
    await page.getByRole('button', { name: 'Send to farm…' }).click();
    await sheet(page)
      .getByRole('textbox', { name: /^Folder of the job/ })
      .fill(join(folders, 'third'));
    await sheet(page).getByRole('button', { name: 'Send 1 shot' }).click();
    const cancel = farm(page).getByRole('button', { name: /^Cancel / });
    await cancel.waitFor({ timeout: FARM_MS });
    await cancel.click();
    const again = farm(page).getByRole('button', { name: /^Send again/ });
    await again.waitFor({ timeout: RENDER_MS });
    await again.click();
    await takes(page).getByText('Take 3').waitFor({ timeout: FARM_MS });
    const forget = farm(page).getByRole('button', { name: /^Forget/ });
    await expect.poll(() => forget.count(), { timeout: RENDER_MS }).toBe(3);
    for (const left of [2, 1, 0]) {
      await forget.first().click();
      await expect.poll(() => forget.count()).toBe(left);
    }
    expect(readdirSync(folders)).toHaveLength(3);
    expect(takeFiles(join(home.path, 'film takes'))).toHaveLength(3);
  });
});
