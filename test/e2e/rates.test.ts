/** Clips of other rates on one timeline: each frame at its time, played at the clip's own speed, both rates said. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { counter, ffmpegDoes, H264 } from '../helpers/clips.ts';
import { choose, menu, newProject, shots } from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';
import { numberOnScreen } from './screen.ts';

/** Name, rate, frames and number of the first picture; one second each. */
const CLIPS = [
  ['base.mp4', '25', 25, 0],
  ['fast.mp4', '50', 50, 256],
  ['slow.mp4', '25/2', 13, 512],
] as const;

const home = usedHome();
let app: RunningApp;

beforeAll(async () => {
  for (const [name, rate, frames, first] of CLIPS) {
    await ffmpegDoes(...counter(rate, frames, first), ...H264, join(home.path, name));
  }
  app = await launch({ home: home.path });
  await app.page.getByRole('heading', { name: 'Retake', exact: true }).waitFor();
  await newProject(app, join(home.path, 'rates.retake'));
  for (const [name] of CLIPS) {
    await choose(app, { open: join(home.path, name) });
    await menu(app, 'file.import');
    // The shot that was imported is the one in hand.
    await app.page
      .locator('.shot-head', { hasText: name.replace('.mp4', ' ·') })
      .waitFor({ timeout: 60_000 });
  }
}, 180_000);
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
    await app.page.locator(`.stage[data-shown-frame="${frame}"]`).waitFor({ timeout: 20_000 });
    if (LOOKED_AT.has(frame)) expect(await numberOnScreen(app.page)).toBe(numberAt(frame));
    await app.page.keyboard.press('ArrowRight');
  }
}, 120_000);

it('plays picture and sound at the clip’s own speed, to the end of the timeline', async () => {
  await app.page.keyboard.press('Home');
  await app.page.locator('.stage[data-shown-frame="0"]').waitFor();
  const rates = await app.page.evaluate(async () => {
    const seen = new Set<number>();
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'l', code: 'KeyL', bubbles: true }));
    const ends = performance.now() + 20_000;
    do {
      for (const video of document.querySelectorAll('video')) if (!video.paused) seen.add(video.playbackRate);
      await new Promise(requestAnimationFrame);
    } while (performance.now() < ends && !document.querySelector('.stage[data-shown-frame="75"]'));
    return [...seen];
  });
  expect(rates).toEqual([1]);
  expect(await numberOnScreen(app.page)).toBe(numberAt(75));
}, 60_000);

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
