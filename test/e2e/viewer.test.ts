/** The viewer shows the very frame under the playhead, plays, compares; takes are looked at, rated, deleted and come back. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessible,
  demoBundle,
  prompt,
  RENDER_MS,
  shots,
  sourcePrompt,
  startWithCounters,
  takes,
} from './desk.ts';
import { type RunningApp, usedHome } from './running-app.ts';
import { numberOnScreen } from './screen.ts';

const FRAMES = 16;

describe('the viewer', () => {
  const home = usedHome();
  const takesFolder = join(home.path, 'counters takes');
  let app: RunningApp;

  beforeAll(async () => {
    app = await startWithCounters(home, [['counter', '24000/1001', FRAMES, 0]]);
    await shots(app.page).first().focus();
  });
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });

  /** Waits until a frame is seen to be on screen. */
  const shown = (frame: number) => app.page.locator(`[data-shown-frame="${frame}"]`).waitFor();

  const frameOnScreen = () => numberOnScreen(app.page);

  const press = (key: string) => app.page.keyboard.press(key);

  it('steps through every frame', async () => {
    await press('Home');
    const all = Array.from({ length: FRAMES }, (_, frame) => frame);
    const seen: number[] = [];
    await shown(0);
    await app.page.evaluate(() => {
      document.body.dataset.seeks = '0';
      const count = () => {
        document.body.dataset.seeks = `${Number(document.body.dataset.seeks) + 1}`;
      };
      document.addEventListener('seeking', count, { capture: true });
    });
    for (const frame of all) {
      await shown(frame);
      seen.push(await frameOnScreen());
      await press('ArrowRight');
    }
    expect(seen).toEqual(all);
    // One seek for a step: a second one is tried only after a good while.
    const seeks = await app.page.evaluate(() => document.body.dataset.seeks);
    expect(Number(seeks)).toBe(FRAMES - 1);
  });

  it('ends a fast scrub on the frame where it stopped', async () => {
    for (const key of ['Home', 'End', 'ArrowLeft', 'Home', 'Shift+ArrowRight', 'ArrowRight', 'ArrowRight']) {
      await press(key);
    }
    await shown(12);
    expect(await frameOnScreen()).toBe(12);
  });

  it('plays to the end and stops on the last frame', async () => {
    await press('Home');
    await shown(0);
    await press('KeyL');
    await shown(FRAMES - 1);
    expect(await frameOnScreen()).toBe(FRAMES - 1);
    expect(await app.page.getByRole('button', { name: 'Play', exact: true }).isVisible()).toBe(true);
  });

  it('plays backwards to the first frame', async () => {
    await press('KeyJ');
    await shown(0);
    expect(await frameOnScreen()).toBe(0);
  });

  it('wipes by keys, and lets go of the held picture', async () => {
    await press('c');
    const wipe = app.page.getByRole('slider', { name: 'Wipe between A and B' });
    await wipe.focus();
    await press('ArrowRight');
    expect(await wipe.getAttribute('aria-valuenow')).toBe('51');
    await app.page.keyboard.down('v');
    await app.page.locator('[data-side=second]').waitFor({ state: 'hidden' });
    await app.page.keyboard.up('v');
    await app.page.locator('[data-side=second]').waitFor({ state: 'visible' });
    await accessible(app.page);
    await press('c');
    await wipe.waitFor({ state: 'detached' });
  });

  it('zooms at the cursor and fits again', async () => {
    const stage = app.page.locator('[data-comparison]');
    const zoom = app.page.getByRole('button', { name: /Zoom/ }).filter({ hasText: /Fit|%/ });
    await stage.hover({ position: { x: 100, y: 100 } });
    await app.page.mouse.wheel(0, -400);
    await expect.poll(() => zoom.textContent()).toMatch(/%/);
    await press('f');
    await expect.poll(() => zoom.textContent()).toMatch(/Fit/);
  });

  it('measures the picture in the scopes', async () => {
    await app.page.getByRole('tab', { name: 'Scopes' }).click();
    await app.page.getByRole('img', { name: /^Waveform\. Luma from \d+ % to \d+ %/ }).waitFor();
    await app.page.getByRole('tab', { name: 'Inspector' }).click();
  });

  it.skipIf(!demoBundle())(
    'previews one frame, which makes no take',
    async () => {
      await sourcePrompt(app.page).fill('a red ball');
      await prompt(app.page).fill('a blue ball');
      const steps = app.page.getByRole('spinbutton', { name: 'Steps' });
      await steps.fill('2');
      await steps.press('Enter');
      await app.page.getByRole('button', { name: 'Preview frame' }).click();
      await app.page.getByText('Preview of one frame, not a take').waitFor({ timeout: RENDER_MS });
      await app.page.getByRole('img', { name: 'Rendered picture' }).waitFor();
      expect(existsSync(takesFolder) ? readdirSync(takesFolder) : []).toEqual([]);
      // Kept, it comes at once, and is shown like the first.
      await app.page.getByRole('button', { name: 'Close the preview' }).click();
      await app.page.getByText('Preview of one frame, not a take').waitFor({ state: 'detached' });
      await app.page.getByRole('button', { name: 'Preview frame' }).click();
      await app.page.getByText('Preview of one frame, not a take').waitFor({ timeout: RENDER_MS });
    },
    3 * RENDER_MS,
  );

  it.skipIf(!demoBundle())(
    'keeps takes: rated, deleted with their file, and back with undo',
    async () => {
      await app.page.getByRole('button', { name: /^Render/ }).click();
      const row = takes(app.page).getByRole('row', { name: /Take 1/ });
      await row.waitFor({ timeout: RENDER_MS });
      await row.focus();
      await press('4');
      await takes(app.page)
        .getByRole('row', { name: /Take 1, 4 of 5/ })
        .waitFor();
      const movies = () => readdirSync(takesFolder).filter((name) => name.endsWith('.mov'));
      expect(movies()).toHaveLength(1);
      await row.focus();
      await press('Delete');
      await row.waitFor({ state: 'detached' });
      await expect.poll(movies).toEqual([]);
      await press('Control+z');
      await row.waitFor();
      await expect.poll(movies).toHaveLength(1);
      await accessible(app.page);
    },
    2 * RENDER_MS,
  );
});
