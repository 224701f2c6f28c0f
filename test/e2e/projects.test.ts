/** Two projects in one window: each take is in the project that its render was started in, whatever the window shows by then. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCard } from '../helpers/clips.ts';
import {
  choose,
  demoBundle,
  importClip,
  menu,
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

describe.skipIf(!demoBundle())('two projects', () => {
  const home = usedHome();
  const clip = join(home.path, 'clip.mp4');
  const first = join(home.path, 'first film.retake');
  let app: RunningApp;
  const queue = () => app.page.getByRole('tab', { name: /^Queue/ });
  const rows = () => app.page.locator('[data-entry]');
  const messages = () => app.page.getByRole('log', { name: 'Messages' });

  beforeAll(async () => {
    await testCard(clip);
    app = await launch({ home: home.path });
    await newProject(app, first);
    await importClip(app, clip);
    await shots(app.page).first().focus();
    await sourcePrompt(app.page).fill('a test card');
    await prompt(app.page).fill('a painting of a test card');
    await setSteps(app.page, 6);
  });
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });

  async function openFirst(): Promise<void> {
    await choose(app, { open: first });
    await menu(app, 'file.open');
    await app.page.getByRole('heading', { name: 'first film', exact: true }).waitFor();
    await shots(app.page).first().focus();
  }

  it('a second one is made while the first renders: its queue says whose render that is', async () => {
    const { page } = app;
    await page.keyboard.press('Control+Enter');
    await page
      .getByText(/Rendering \d+ %/)
      .first()
      .waitFor({ timeout: RENDER_MS });
    await newProject(app, join(home.path, 'second film.retake'));
    await queue().click();
    await expect.poll(() => rows().first().textContent()).toContain('first film');
    await expect.poll(() => rows().first().textContent()).toMatch(/a painting.*Retake demo/);
    // The message, not the list: the second film has no shot to show takes of.
    await expect
      .poll(() => messages().textContent(), { timeout: RENDER_MS })
      .toMatch(/first film: a take of .* is ready/);
    await expect.poll(() => rows().first().getAttribute('aria-label')).toMatch(/, of first film: Done$/);
  });

  it('the first has its take, and the second none', async () => {
    await openFirst();
    const { page } = app;
    await takes(page).getByText('Take 1').waitFor();
    await page.getByRole('option', { name: /take 'Take 1' shown/ }).waitFor();
    await saved(page);
    expect(await takes(page).getByText('Take 2').count()).toBe(0);
    await queue().click();
    expect(await rows().first().getAttribute('aria-label')).not.toContain('first film');
  });

  it('the page is loaded anew while a take is made: it is there when the project is opened', async () => {
    const { page } = app;
    await shots(page).first().focus();
    await page.keyboard.press('Control+Enter');
    await page
      .getByText(/Rendering \d+ %/)
      .first()
      .waitFor({ timeout: RENDER_MS });
    await page.reload();
    await page.getByRole('heading').first().waitFor();
    await openFirst();
    await takes(page).getByText('Take 2').waitFor({ timeout: RENDER_MS });
    expect(
      await takes(page)
        .getByText(/^Take \d$/)
        .count(),
    ).toBe(2);
  });

  it('a deleted take does not come back with the project', async () => {
    const { page } = app;
    await takes(page)
      .getByRole('row', { name: /^Take 1,/ })
      .focus();
    await page.keyboard.press('Delete');
    await expect.poll(() => takes(page).getByText('Take 1').count()).toBe(0);
    await saved(page);
    await newProject(app, join(home.path, 'third film.retake'));
    await openFirst();
    await takes(page).getByText('Take 2').waitFor();
    expect(await takes(page).getByText('Take 1').count()).toBe(0);
  });
});
