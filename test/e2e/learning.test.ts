/** A shot that is learnt, in the window: its curve grows, it is told that it is enough, and what was learnt becomes a LoRA of the library. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readReport, type TakeReport } from '../../src/common/report.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import {
  accessible,
  choose,
  demoBundle,
  importClip,
  menu,
  newProject,
  prompt,
  RENDER_MS,
  setSteps,
  sourcePrompt,
  takes,
} from './desk.ts';
import { unfoldAll } from './folds.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

const STEPS = 400;

describe.skipIf(!demoBundle())('a shot that is learnt', () => {
  const home = usedHome();
  const takesFolder = join(home.path, 'film takes');
  const loras = join(home.path, 'loras');
  let app: RunningApp;
  beforeAll(async () => {
    const clip = join(home.path, 'moving.mp4');
    mkdirSync(loras);
    await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=24:d=0.125', '-pix_fmt', 'yuv420p', clip);
    app = await launch({ home: home.path });
    const { page } = app;
    await newProject(app, join(home.path, 'film.retake'));
    await importClip(app, clip);
    await sourcePrompt(page).fill('a red ball');
    await prompt(page).fill('a blue ball');
    await setSteps(page, 2);
    await unfoldAll(page);
    await page
      .getByRole('button', { name: /Method$/ })
      .first()
      .click();
    await page.getByRole('option', { name: /^Learn the clip/ }).click();
    for (const [name, value] of [
      ['Steps of learning', STEPS],
      ['Frames at a time', 2],
    ] as const) {
      const field = inspector().getByRole('spinbutton', { name, exact: true });
      await field.fill(String(value));
      await field.press('Enter');
    }
  }, 2 * RENDER_MS);
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });

  const inspector = () => app.page.getByRole('tabpanel', { name: 'Inspector' });
  const row = () => app.page.getByRole('listitem', { name: /^Shot 1|^moving/ });
  const curve = () => app.page.getByRole('img', { name: /^Loss so far: began at/ });
  const steps = async () =>
    Number(/Step (\d+) of 400/.exec((await curve().locator('..').textContent()) ?? '')?.[1]);
  const points = () =>
    curve()
      .locator('polyline')
      .first()
      .evaluate((line: SVGPolylineElement) => line.points.numberOfItems);
  const reports = (): TakeReport[] =>
    readdirSync(takesFolder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => readReport(JSON.parse(readFileSync(join(takesFolder, name), 'utf8'))));

  it(
    'shows how its loss goes, and stops by the keys with what it has learnt',
    async () => {
      const { page } = app;
      await inspector()
        .getByRole('button', { name: /^Render/ })
        .click();
      await page.getByRole('tab', { name: /Queue/ }).click();
      await curve().waitFor({ timeout: RENDER_MS });
      const [before, drawn] = [await steps(), await points()];
      // A point stands for four steps of these.
      await expect.poll(steps, { timeout: RENDER_MS }).toBeGreaterThan(before + 8);
      expect(await points()).toBeGreaterThan(drawn);
      expect(await row().getAttribute('aria-label')).toMatch(/Step \d+ of 400 · mean loss \d+\.\d{4}/);
      await accessible(page);
      const stop = page.getByRole('button', { name: 'Stop learning, keep' });
      await row().focus();
      await expect
        .poll(async () => {
          await page.keyboard.press('Tab');
          return stop.evaluate((button) => button === document.activeElement);
        })
        .toBe(true);
      const least = await steps();
      await page.keyboard.press('Enter');
      // The keys stay in the queue.
      await expect.poll(() => row().evaluate((one) => one === document.activeElement)).toBe(true);
      await curve().waitFor({ state: 'detached', timeout: RENDER_MS });
      await page.getByText('All done').waitFor({ timeout: RENDER_MS });
      await page.getByRole('tab', { name: 'Inspector' }).click();
      await takes(page).getByText('Take 1').waitFor();
      const [report] = reports();
      const { losses } = report!.tuned!;
      expect(losses.length).toBeGreaterThanOrEqual(least);
      expect(losses.length).toBeLessThan(STEPS);
      expect(report!.take.frames).toBe(3);
    },
    4 * RENDER_MS,
  );

  it('has nothing to stop any more, and says so', async () => {
    const { page } = app;
    await page.getByRole('tab', { name: 'Inspector' }).focus();
    await page.keyboard.press('Alt+l');
    await page.getByText(/nothing learns its clip just now/).waitFor();
  });

  it(
    'is saved as a LoRA from the menu of its take, which the library lists and looks into',
    async () => {
      const { page } = app;
      const out = join(loras, 'ball.safetensors');
      await choose(app, { save: out });
      await takes(page).getByRole('button', { name: 'More for Take 1' }).click();
      await page.getByRole('menuitem', { name: 'Save as LoRA…' }).click();
      await page.getByText(`Written: ${out}`).waitFor({ timeout: RENDER_MS });
      // Once more by the menu of the window: a file that was chosen in the dialog is written over.
      writeFileSync(out, 'another');
      await takes(page).getByRole('row').first().focus();
      await page.keyboard.press('Enter');
      await menu(app, 'take.saveLora');
      await expect.poll(() => statSync(out).size, { timeout: RENDER_MS }).toBeGreaterThan(1000);
      await menu(app, 'view.library');
      await choose(app, { open: loras });
      await page.getByRole('button', { name: 'Add a folder…' }).click();
      await page.getByRole('button', { name: 'Inspect ball' }).click();
      const { layers } = { layers: reports()[0]!.tuned!.losses.length };
      expect(layers).toBeGreaterThan(0);
      await page
        .getByRole('region', { name: 'Inside ball' })
        .getByText(/^UNet \(\d+ layers\)/)
        .waitFor();
      await page.keyboard.press('Escape');
    },
    2 * RENDER_MS,
  );

  it('says in a line what cannot be saved', async () => {
    const { page } = app;
    await choose(app, { save: join(home.path, 'nowhere', 'ball.safetensors') });
    await takes(page).getByRole('button', { name: 'More for Take 1' }).click();
    await page.getByRole('menuitem', { name: 'Save as LoRA…' }).click();
    await page.getByText(/the folder .*nowhere does not exist/).waitFor();
  });
});
