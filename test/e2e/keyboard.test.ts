/** Everything without a pointer, and nothing in the way of somebody who uses a screen reader. */
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCard } from '../helpers/clips.ts';
import {
  accessible,
  anchors,
  choose,
  demoBundle,
  prompt,
  RENDER_MS,
  shots,
  takes,
  timeline,
} from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

const home = usedHome();
const clip = join(home.path, 'clip.mp4');
let app: RunningApp;
let page: Page;

beforeAll(async () => {
  await testCard(clip);
  app = await launch({ home: home.path });
  page = app.page;
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

/** Presses Tab until a control has the focus. */
async function tabTo(role: string, name: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let press = 0; press < 120; press += 1) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    if ((await focused.count()) === 0) continue;
    const snapshot = await focused.ariaSnapshot();
    seen.push(snapshot.split('\n')[0]!);
    if (snapshot.startsWith(`- ${role} `) && name.test(snapshot)) return;
  }
  throw new Error(`Tab never came to ${role} ${name}; it came to\n${seen.join('\n')}`);
}

describe('with the keyboard alone', () => {
  it('a project is made and a clip imported', async () => {
    await accessible(page);
    await choose(app, { save: join(home.path, 'keys.retake') });
    await tabTo('button', /New project/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'keys', exact: true }).waitFor();
    await accessible(page);
    await choose(app, { open: clip });
    await page.keyboard.press('Control+i');
    await shots(page).first().waitFor();
    await accessible(page);
  });

  it('every stop of Tab can be seen, and Tab comes round', async () => {
    const stops = new Set<string>();
    const toolbars: string[] = [];
    for (let press = 0; press < 120; press += 1) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const ringed = [element, element.parentElement, element.closest('label')].some((one) => {
          if (!one) return false;
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
          return (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
        });
        // Drawn on the canvas instead.
        const drawn = element.closest('[data-timeline]') !== null;
        const toolbar = element.closest('[role=toolbar]')?.getAttribute('aria-label') ?? null;
        return { key: element.outerHTML.slice(0, 200), seen: ringed || drawn, toolbar };
      });
      if (stop === null) continue;
      expect(stop.seen, `no focus ring on ${stop.key}`).toBe(true);
      if (stops.has(stop.key) && stops.size > 5) break;
      stops.add(stop.key);
      if (stop.toolbar !== null) toolbars.push(stop.toolbar);
    }
    for (const name of ['Project', 'Timeline tools', 'Transport', 'Picture and sound', 'Mask tools'])
      expect(toolbars.filter((one) => one === name).length, name).toBeLessThanOrEqual(1);
    expect(toolbars).toContain('Timeline tools');
    expect(stops.size).toBeGreaterThan(10);
    expect(stops.size).toBeLessThan(120);
  });

  it('arrows go along a toolbar, and Tab comes back to where it was left', async () => {
    await tabTo('button', /Split|Join|Merge/);
    const name = () => page.locator(':focus').getAttribute('aria-label');
    const first = await name();
    await page.keyboard.press('ArrowRight');
    const second = await name();
    expect(second).not.toBe(first);
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').evaluate((one) => one.closest('[role=toolbar]'))).toBeNull();
    await page.keyboard.press('Shift+Tab');
    expect(await name()).toBe(second);
    await page.keyboard.press('ArrowLeft');
    expect(await name()).toBe(first);
  });

  it('shots are split, anchored, and taken back', async () => {
    await tabTo('option', /./);
    for (let frame = 0; frame < 8; frame += 1) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('s');
    await expect.poll(() => shots(page).count()).toBe(2);
    await page.keyboard.press('Control+z');
    await expect.poll(() => shots(page).count()).toBe(1);
    await page.keyboard.press('a');
    await expect.poll(() => anchors(page).count()).toBe(2);
  });

  it('dialogs open, hold the focus, and give it back', async () => {
    await shots(page).first().focus();
    await page.keyboard.press('Shift+?');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await accessible(page);
    for (let press = 0; press < 5; press += 1) await page.keyboard.press('Tab');
    expect(await dialog.evaluate((one) => one.contains(document.activeElement))).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await timeline(page).evaluate((one) => one.contains(document.activeElement))).toBe(true);
  });

  it.skipIf(!demoBundle())('a prompt is written and a take rendered', async () => {
    await tabTo('textbox', /"Prompt"|Prompt:/);
    await page.keyboard.type('a painting');
    await tabTo('textbox', /What the clip shows/);
    await page.keyboard.type('a test card');
    expect(await prompt(page).inputValue()).toBe('a painting');
    await tabTo('spinbutton', /Steps/);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('3');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Enter');
    await takes(page).getByText('Take 1').first().waitFor({ timeout: RENDER_MS });
    await accessible(page);
  });
});
