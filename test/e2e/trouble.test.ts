/** What goes wrong around the application: a dying engine, damaged projects, media that moved. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
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

const home = usedHome();
const clip = join(home.path, 'clip.mp4');
const project = join(home.path, 'film.retake');
let app: RunningApp;

beforeAll(async () => {
  await testCard(clip);
  app = await launch({ home: home.path });
  await newProject(app, project);
  await importClip(app, clip);
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

const enginePid = () =>
  app.evaluate(({ app }) => app.getAppMetrics().find((one) => one.name === 'Retake engine')?.pid ?? null);

describe.skipIf(!demoBundle())('an engine killed while it renders', () => {
  it('is started again, the page says so, and the render is finished', async () => {
    const { page } = app;
    await shots(page).first().focus();
    await sourcePrompt(page).fill('a test card');
    await prompt(page).fill('a painting of a test card');
    await setSteps(page, 4);
    await page.keyboard.press('Control+Enter');
    const running = page.getByText(/Rendering \d+ %/).first();
    await running.waitFor({ timeout: RENDER_MS });
    const before = await enginePid();
    process.kill(before!, 'SIGKILL');
    await page
      .getByText(/is starting again/)
      .first()
      .waitFor();
    await expect.poll(enginePid).not.toBe(before);
    await takes(page).getByText('Take 1').waitFor({ timeout: RENDER_MS });
    await saved(page);
  });
});

describe.skipIf(!demoBundle())('a clip that moved', () => {
  it('is found in the folder that the artist names', async () => {
    const { page } = app;
    await saved(page);
    await app.quit();
    const archive = join(home.path, 'a', 'b', 'c', 'd', 'e');
    mkdirSync(archive, { recursive: true });
    renameSync(clip, join(archive, 'renamed.mp4'));
    app = await launch({ home: home.path, args: [project] });
    await shots(app.page).first().focus();
    const badge = app.page.getByRole('main', { name: 'Viewer' }).getByText('1 clip is missing');
    await badge.getByRole('button').click();
    const dialog = app.page.getByRole('dialog', { name: 'Missing clips' });
    await choose(app, { open: archive });
    await dialog.getByRole('button', { name: 'Look in a folder…' }).click();
    await dialog.getByText('All files are here.').waitFor();
    await app.page.keyboard.press('Escape');
    await badge.waitFor({ state: 'detached' });
    await saved(app.page);
  });
});

describe('a file that is no project', () => {
  it.each([
    ['nonsense', Buffer.from('this is no database at all, only a text with some length to it')],
    ['empty', Buffer.alloc(0)],
  ])('%s: says so and leaves the open project alone', async (name, bytes) => {
    const { page } = app;
    const path = join(home.path, `${name}.retake`);
    writeFileSync(path, bytes);
    await choose(app, { open: path });
    await menu(app, 'file.open');
    const messages = page.getByRole('log', { name: 'Messages' });
    await expect.poll(() => messages.textContent()).toContain(`${name}.retake`);
    await page.getByRole('heading', { name: 'film', exact: true }).waitFor();
  });
});
