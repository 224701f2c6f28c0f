/** The whole road: a clip, its shots, an anchor, a take, another from the cache, undo, quit, and all is still there. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffmpegDoes } from '../helpers/clips.ts';
import {
  accessible,
  anchors,
  bothShown,
  demoBundle,
  importClip,
  newProject,
  pictureShown,
  prompt,
  RENDER_MS,
  saved,
  setSteps,
  shots,
  sourcePrompt,
  takes,
  timeline,
} from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

const FRAMES_PER_SCENE = 12;

/** Two scenes with a hard cut between them, and sound. */
async function twoScenes(out: string): Promise<void> {
  const length = `d=${FRAMES_PER_SCENE / 24}`;
  const scene = (source: string) => ['-f', 'lavfi', '-i', `${source}:s=128x96:r=24:${length}`];
  const join = '[0:v]setsar=1[a];[1:v]setsar=1[b];[a][b]concat=n=2:v=1[v]';
  await ffmpegDoes(
    ...scene('testsrc2=alpha=255'),
    ...scene('color=c=navy'),
    ...['-f', 'lavfi', '-i', 'sine=440:d=1', '-filter_complex', join, '-map', '[v]', '-map', '2:a'],
    ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest', out],
  );
}

describe.skipIf(!demoBundle())('from a clip to takes', () => {
  const home = usedHome();
  const clip = join(home.path, 'two scenes.mp4');
  const project = join(home.path, 'film.retake');
  let app: RunningApp;
  beforeAll(async () => {
    await twoScenes(clip);
    app = await launch({ home: home.path });
  });
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });

  it('makes a project and cuts the clip into its shots', async () => {
    await newProject(app, project);
    await importClip(app, clip);
    await expect.poll(() => shots(app.page).count()).toBe(2);
    await pictureShown(app.page);
    await saved(app.page);
  });

  it('places an anchor at the playhead', async () => {
    const { page } = app;
    await shots(page).first().focus();
    await page.keyboard.press('Home');
    for (let frame = 0; frame < 5; frame += 1) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('a');
    await timeline(page)
      .getByRole('option', { name: /^Anchor at frame 5 of/ })
      .waitFor();
    expect(await anchors(page).count()).toBe(3);
    await page.keyboard.press('Shift+a');
    await timeline(page)
      .getByRole('option', { name: /Anchor at frame 5 of .*, leads/ })
      .waitFor();
  });

  it('says why it cannot render before there is a prompt', async () => {
    const panels = app.page.getByRole('tabpanel', { name: 'Inspector' });
    await expect.poll(() => panels.getByRole('status').textContent()).toMatch(/prompt/i);
    expect(await panels.getByRole('button', { name: /^Render/ }).isDisabled()).toBe(true);
  });

  it('tells what a render takes, renders, and shows the take', async () => {
    const { page } = app;
    await sourcePrompt(page).fill('a green square');
    await prompt(page).fill('a red square');
    await setSteps(page, 3);
    const plan = page.getByRole('tabpanel', { name: 'Inspector' }).getByRole('status');
    await expect.poll(() => plan.textContent()).toContain('all to analyse');
    await page
      .getByRole('tabpanel', { name: 'Inspector' })
      .getByRole('button', { name: /^Render/ })
      .click();
    await takes(page).getByText('Take 1').waitFor({ timeout: RENDER_MS });
    await timeline(page)
      .getByRole('option', { name: /take 'Take 1' shown/ })
      .waitFor();
    await saved(page);
    const folder = join(home.path, 'film takes');
    expect(readdirSync(folder).filter((name) => /\.(mov|mp4|mkv)$/.test(name))).toHaveLength(1);
    await accessible(page);
  });

  it('compares the take with the clip', async () => {
    const { page } = app;
    await shots(page).first().focus();
    await page.keyboard.press('c');
    await page.getByRole('toolbar', { name: 'Comparison' }).waitFor();
    await bothShown(page);
    await page.keyboard.press('c');
    await page.getByRole('toolbar', { name: 'Comparison' }).waitFor({ state: 'detached' });
  });

  it('renders another prompt without inverting again', async () => {
    const { page } = app;
    await prompt(page).fill('a blue square');
    const plan = page.getByRole('tabpanel', { name: 'Inspector' }).getByRole('status');
    await expect.poll(() => plan.textContent()).toContain('all from the cache');
    await page.keyboard.press('Control+Enter');
    await takes(page).getByText('Take 2').waitFor({ timeout: RENDER_MS });
  });

  it('takes back and repeats what was done, but not what was rendered', async () => {
    const { page } = app;
    await shots(page).first().focus();
    await page.keyboard.press('Control+z');
    await expect.poll(() => prompt(page).inputValue()).toBe('a red square');
    expect(await takes(page).getByText('Take 2').count()).toBe(1);
    await page.keyboard.press('Control+Shift+z');
    await expect.poll(() => prompt(page).inputValue()).toBe('a blue square');
  });

  it('finds everything again after quitting', async () => {
    await app.quit();
    expect(existsSync(project)).toBe(true);
    app = await launch({ home: home.path, args: [project] });
    const { page } = app;
    await page.getByRole('heading', { name: 'film', exact: true }).waitFor();
    await expect.poll(() => shots(page).count()).toBe(2);
    await shots(page).first().focus();
    for (const name of ['Take 1', 'Take 2']) await takes(page).getByText(name).waitFor();
    expect(await prompt(page).inputValue()).toBe('a blue square');
    await timeline(page)
      .getByRole('option', { name: /^Anchor at frame 5 of .*, leads/ })
      .waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});
