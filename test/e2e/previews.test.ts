/** Seen before it is rendered, while it renders, and until it can be played: nothing flashes, and what is asked can be taken back. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import {
  accessible,
  demoBundle,
  importClip,
  menu,
  newProject,
  pictureShown,
  prompt,
  RENDER_MS,
  setSteps,
  shots,
  sourcePrompt,
  takes,
  timeline,
} from './desk.ts';
import { launch } from './launch.ts';
import { ROOT, type RunningApp, usedHome } from './running-app.ts';

const FRAMES = 6;

/** What was on the screen at one display frame: mean colour of each quarter of the picture, empty where none was. */
interface Sample {
  readonly picture: string;
  /** The list of takes names one. */
  readonly hasTake: boolean;
}

/** An ffmpeg that takes its time over proxies of takes, as a machine under load does. */
async function slowProxies(script: string): Promise<string> {
  const { path } = await resolveFfmpeg();
  writeFileSync(script, `#!/bin/sh\ncase "$*" in *takes/*libx264*) sleep 4;; esac\nexec "${path}" "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

/** Looks at every display frame from now on. */
async function beginSampling(page: Page): Promise<void> {
  await page.evaluate(() => {
    const samples: Sample[] = [];
    (window as unknown as { samples: Sample[] }).samples = samples;
    const small = new OffscreenCanvas(2, 2).getContext('2d', { willReadFrequently: true })!;
    const look = () => {
      small.clearRect(0, 0, 2, 2);
      // From below: what was painted, then what lies over it.
      for (const canvas of document.querySelectorAll<HTMLCanvasElement>(
        '[data-side=first] [data-picture] canvas',
      ))
        if (canvas.width > 0) small.drawImage(canvas, 0, 0, 2, 2);
      const { data } = small.getImageData(0, 0, 2, 2);
      const picture = data.every((value) => value === 0) ? '' : Array.from(data).join(' ');
      const hasTake = document.querySelector('[aria-label=Takes] [role=row][aria-label^="Take 1"]') !== null;
      samples.push({ picture, hasTake });
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}

describe.skipIf(!demoBundle())('previews', () => {
  const home = usedHome();
  let app: RunningApp;
  const page = (): Page => app.page;
  const press = (key: string) => page().keyboard.press(key);
  const samples = () => page().evaluate(() => (window as unknown as { samples: Sample[] }).samples);
  const strip = () => page().getByRole('list', { name: 'Preview of 3 frames' });

  beforeAll(async () => {
    const clip = join(home.path, 'beach.mov');
    const demo = join(ROOT, 'resources/demo/clip.mp4');
    const coding = ['-frames:v', `${FRAMES}`, '-an', '-c:v', 'prores_ks', '-profile:v', '3'];
    await ffmpegDoes('-i', demo, ...coding, clip);
    const slow = await slowProxies(join(home.path, 'ffmpeg'));
    app = await launch({ home: home.path, env: { RETAKE_FFMPEG: slow } });
    await newProject(app, join(home.path, 'seen.retake'));
    await importClip(app, clip);
    await pictureShown(page());
    await shots(page()).first().focus();
    await sourcePrompt(page()).fill('a red ball');
    await prompt(page()).fill('a blue ball on snow');
    await setSteps(page(), 4);
    await shots(page()).first().focus();
  });
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });

  it('shows first, middle and last frame side by side, each where it belongs, and gives up at a press', async () => {
    await press('Control+Alt+Enter');
    await strip().getByRole('button', { name: 'Frame 5, rendered' }).waitFor({ timeout: RENDER_MS });
    expect(await strip().getByRole('button').allTextContents()).toEqual(['Frame 0', 'Frame 2', 'Frame 5']);
    await accessible(page());
    await strip().getByRole('button', { name: 'Frame 2, rendered' }).press('Enter');
    await page().getByRole('img', { name: 'Rendered picture' }).waitFor();
    // Asked anew with other settings, nothing is left of it once it is closed.
    await setSteps(page(), 400);
    await shots(page()).first().focus();
    await press('Control+Alt+Enter');
    await strip()
      .getByRole('button', { name: /Frame 0, \d+ %/ })
      .waitFor({ timeout: RENDER_MS });
    await page().getByRole('button', { name: 'Close the preview' }).click();
    await strip().waitFor({ state: 'detached' });
    await page().getByRole('tab', { name: /Queue/ }).click();
    await expect.poll(() => page().getByText('Cancelled', { exact: true }).count()).toBe(3);
    await page().getByRole('tab', { name: 'Inspector' }).click();
    await setSteps(page(), 4);
  });

  it('tries the model on three frames, told beside its name afterwards', async () => {
    await page().getByRole('button', { name: 'More previews and tests' }).click();
    await page().getByRole('menuitem', { name: 'Test render of 3 frames…' }).click();
    const sheet = page().getByRole('dialog', { name: 'Test render' });
    await sheet.getByRole('button', { name: 'Render 3 frames' }).press('Enter');
    await sheet.getByRole('region', { name: /What came of trying/ }).waitFor({ timeout: RENDER_MS });
    expect(await sheet.getByRole('img').count()).toBe(6);
    await sheet.getByText(/at most, .* foretold/).waitFor();
    await accessible(page());
    await press('Escape');
    await menu(app, 'view.library');
    await page()
      .getByText(/tried: 3 frames, .* a frame/)
      .first()
      .waitFor();
    await press('Escape');
    // What it took is the forecast of the first render.
    await page()
      .getByText(/^About \d.* of the model/)
      .waitFor();
    await shots(page()).first().focus();
  });

  it('previews the frame under the playhead', async () => {
    await shots(page()).first().focus();
    for (let frame = 0; frame < 5; frame += 1) await press('ArrowRight');
    await press('Control+Shift+Enter');
    await page().getByText('Preview of one frame, not a take').waitFor({ timeout: RENDER_MS });
    await page().locator('[data-shown-frame="5"]').waitFor();
    await press('Home');
    await page().getByText('Preview of frame 5').waitFor();
    await page().getByRole('button', { name: 'Close the preview' }).click();
  });

  it('a new take stays in sight from its last progressive picture to its proxy, also where nobody looked', async () => {
    await shots(page()).first().focus();
    await press('Home');
    await press('i');
    for (let frame = 0; frame < 3; frame += 1) await press('ArrowRight');
    await press('o');
    await press('ArrowLeft');
    await page().locator('[data-shown-frame="2"]').waitFor();
    await setSteps(page(), 30);
    await shots(page()).first().focus();
    await beginSampling(page());
    await expect.poll(async () => (await samples()).at(-1)?.picture ?? '').not.toBe('');
    const clip = (await samples()).at(-1)!.picture;
    await press('Shift+Alt+Enter');
    await page()
      .getByText(/this frame at step/)
      .waitFor({ timeout: RENDER_MS });
    await page().getByText('Getting Take 1 ready to play').waitFor({ timeout: RENDER_MS });
    await page().getByRole('img', { name: 'Rendered picture' }).waitFor();
    // Another frame of it, which no progressive picture was of.
    await press('Home');
    await page().getByRole('img', { name: 'Rendered picture' }).waitFor();
    await press('ArrowRight');
    await press('ArrowRight');
    await page().locator('[data-shown-frame="2"]').waitFor({ timeout: RENDER_MS });
    const seen = await samples();
    expect(seen.filter(({ picture }) => picture === '')).toEqual([]);
    const ofTake = seen.slice(seen.findIndex(({ hasTake }) => hasTake));
    expect(ofTake.length).toBeGreaterThan(10);
    expect(ofTake.filter(({ picture }) => picture === clip)).toEqual([]);
  });

  it('says what the take covers, in the list and on the timeline', async () => {
    await takes(page()).getByText('covers 0–3 of 0–5').waitFor();
    await timeline(page())
      .getByRole('option', { name: /take 'Take 1' shown, covers 0–3 of 0–5/ })
      .waitFor();
    // Where it ends the clip is seen.
    for (let frame = 2; frame < 5; frame += 1) await press('ArrowRight');
    await page().locator('[data-shown-frame="5"]').waitFor();
    await accessible(page());
  });
});
