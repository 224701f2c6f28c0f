/** What an artist does at the window, by roles and names only. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { counter, ffmpegDoes, H264 } from '../helpers/clips.ts';
import { launch } from './launch.ts';
import { type Home, PATIENCE_MS, ROOT, type RunningApp } from './running-app.ts';

/** Network runs on a busy machine. */
export const RENDER_MS = 90_000;

/** What the next file dialogs answer. */
export async function choose(app: RunningApp, paths: { save?: string; open?: string }): Promise<void> {
  await app.evaluate(({ dialog }, { save, open }) => {
    const none = { canceled: true, filePaths: [] as string[], filePath: '' };
    dialog.showSaveDialog = async () => (save ? { canceled: false, filePath: save } : none) as never;
    dialog.showOpenDialog = async () => (open ? { canceled: false, filePaths: [open] } : none) as never;
  }, paths);
}

export async function menu(app: RunningApp, id: string): Promise<void> {
  // A page that is still loading hears nothing.
  await app.page.getByRole('heading').first().waitFor();
  // The page says what its menus hold.
  const click = () =>
    app.evaluate(({ Menu }, id) => {
      const item = Menu.getApplicationMenu()?.getMenuItemById(id);
      item?.click();
      return Boolean(item);
    }, id);
  const end = Date.now() + PATIENCE_MS;
  while (!(await click())) {
    if (Date.now() > end) throw new Error(`the menus have no ${id}`);
    await app.page.waitForTimeout(50);
  }
}

export async function newProject(app: RunningApp, path: string): Promise<void> {
  await choose(app, { save: path });
  await menu(app, 'file.new');
  const name = path.replace(/^.*[\\/]/, '').replace(/\.retake$/, '');
  await app.page.getByRole('heading', { name, exact: true }).waitFor();
}

export async function importClip(app: RunningApp, path: string): Promise<void> {
  await choose(app, { open: path });
  await menu(app, 'file.import');
  await shots(app.page).first().waitFor();
}

/** Name (and so the file's), rate, frames and number of the first picture. */
export type CounterClip = readonly [name: string, rate: string, frames: number, first: number];

/** The application on a new project of clips whose pictures are numbers, imported one after the other. */
export async function startWithCounters(home: Home, clips: readonly CounterClip[]): Promise<RunningApp> {
  for (const [name, rate, frames, first] of clips) {
    await ffmpegDoes(...counter(rate, frames, first), ...H264, join(home.path, `${name}.mp4`));
  }
  const app = await launch({ home: home.path });
  await newProject(app, join(home.path, 'counters.retake'));
  for (const [name] of clips) {
    await choose(app, { open: join(home.path, `${name}.mp4`) });
    await menu(app, 'file.import');
    // The shot that was imported is the one in hand.
    await inHand(app.page, name).waitFor();
  }
  return app;
}

export const timeline = (page: Page) => page.getByRole('listbox', { name: 'Shots and anchors' });
/** Shots and gaps; anchors and key frames of masks are options too, and say so. */
export const shots = (page: Page) =>
  timeline(page).locator('[role=option]:not([data-kind=anchor], [data-kind=mask-key])');
export const anchors = (page: Page) => timeline(page).locator('[data-kind=anchor]');
/** The shot whose settings the inspector shows, when it is of the clip of this name. */
export const inHand = (page: Page, clip: string) =>
  page.getByRole('region', { name: 'Shot in hand' }).filter({ hasText: `${clip} ·` });
export const takes = (page: Page) => page.getByRole('region', { name: 'Takes' });
export const prompt = (page: Page) => page.getByRole('textbox', { name: 'Prompt', exact: true });
export const sourcePrompt = (page: Page) => page.getByRole('textbox', { name: 'What the clip shows' });

/** A few steps only, so that a busy machine renders it in seconds. */
export async function setSteps(page: Page, steps: number): Promise<void> {
  const field = page.getByRole('spinbutton', { name: 'Steps' });
  await field.fill(String(steps));
  await field.press('Enter');
}

/** The picture under the playhead can be seen. */
export async function pictureShown(page: Page): Promise<void> {
  await page.locator('[data-shown-frame]').waitFor();
}

/** Both pictures of a comparison can be seen. */
export async function bothShown(page: Page): Promise<void> {
  await page.locator('[data-shown-frame][data-shown-second]').waitFor();
}

/** Everything is in the file. */
export async function saved(page: Page): Promise<void> {
  await expect.poll(() => page.getByRole('status').allTextContents()).toContain('Saved');
}

/** No violation that keeps somebody out. */
export async function accessible(page: Page): Promise<void> {
  // What passes is not gathered, which takes as long again.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const lines = serious.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
  expect(lines).toEqual([]);
}

/** The shipped model, where a checkout has it. */
export function demoBundle(): string | null {
  const folder = join(ROOT, 'resources/demo/bundle');
  return existsSync(join(folder, 'model_index.json')) ? folder : null;
}
