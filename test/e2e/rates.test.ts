/** Clips of other rates on one timeline: each frame at its time, played at the clip's own speed, both rates said. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CounterClip, shots, startWithCounters } from './desk.ts';
import { type RunningApp, usedHome } from './running-app.ts';
import { numberOnScreen } from './screen.ts';

/** One second each. */
const CLIPS: readonly CounterClip[] = [
  ['base', '25', 25, 0],
  ['fast', '50', 50, 256],
  ['slow', '25/2', 13, 512],
];

const home = usedHome();
let app: RunningApp;

beforeAll(async () => {
  app = await startWithCounters(home, CLIPS);
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

/** What the timeline shows at each of its frames: 25, then 25 of every second, then 26 of each twice. */
const numberAt = (frame: number) =>
  frame < 25 ? frame : frame < 50 ? 256 + 2 * (frame - 25) : 512 + Math.floor((frame - 50) / 2);

/** The neighbourhood of each change of clips, and samples between. */
const LOOKED_AT = new Set([0, 13, 24, 25, 26, 37, 49, 50, 51, 52, 53, 63, 75]);

it('shows every frame at its time', async () => {
  await shots(app.page).first().focus();
  await app.page.keyboard.press('Home');
  for (let frame = 0; frame < 76; frame++) {
    await app.page.locator(`[data-shown-frame="${frame}"]`).waitFor();
    if (LOOKED_AT.has(frame)) expect(await numberOnScreen(app.page)).toBe(numberAt(frame));
    await app.page.keyboard.press('ArrowRight');
  }
});

it('plays picture and sound at the clip’s own speed, to the end of the timeline', async () => {
  await app.page.keyboard.press('Home');
  await app.page.locator('[data-shown-frame="0"]').waitFor();
  const rates = await app.page.evaluate(async () => {
    const seen = new Set<number>();
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'l', code: 'KeyL', bubbles: true }));
    const ends = performance.now() + 20_000;
    do {
      for (const video of document.querySelectorAll('video')) if (!video.paused) seen.add(video.playbackRate);
      await new Promise(requestAnimationFrame);
    } while (performance.now() < ends && !document.querySelector('[data-shown-frame="75"]'));
    return [...seen];
  });
  expect(rates).toEqual([1]);
  expect(await numberOnScreen(app.page)).toBe(numberAt(75));
});

it('says both rates', async () => {
  await app.page.keyboard.press('Home');
  for (let frame = 0; frame < 3; frame++) await app.page.keyboard.press('Shift+ArrowRight');
  await app.page.keyboard.press('d');
  await app.page.getByText('50 fps on a timeline of 25 fps').first().waitFor();
  // The list holds what is in sight, which follows the playhead.
  await app.page.keyboard.press('End');
  await app.page
    .getByRole('option', { name: /12\.5 fps on a timeline of 25 fps/ })
    .first()
    .waitFor();
});
