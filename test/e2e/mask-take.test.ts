/** A mask from the hand to the take: kept in the project, carried by the engine, and nothing changed outside of it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffmpegDoes } from '../helpers/clips.ts';
import { ffmpegSays } from '../helpers/takes.ts';
import {
  accessible,
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
} from './desk.ts';
import { unfold } from './folds.ts';
import { launch } from './launch.ts';
import { ROOT, type RunningApp, usedHome } from './running-app.ts';

const FRAMES = 4;
const SIZE = { width: 256, height: 256 };
/** Of the picture: left, top, right, bottom of what is drawn. */
const DRAWN = [0.25, 0.25, 0.625, 0.625] as const;

describe.skipIf(!demoBundle())('a mask', () => {
  const home = usedHome();
  const project = join(home.path, 'masked.retake');
  const clip = join(home.path, 'beach.mov');
  let app: RunningApp;
  const page = (): Page => app.page;
  const press = (key: string) => page().keyboard.press(key);
  const parts = () => page().getByRole('list', { name: 'Parts of the mask' });
  const veil = () => page().getByRole('img', { name: 'Mask: where the shot is edited' });

  beforeAll(async () => {
    const demo = join(ROOT, 'resources/demo/clip.mp4');
    const scale = `scale=${SIZE.width}:${SIZE.height}`;
    await ffmpegDoes(
      '-i',
      demo,
      '-frames:v',
      `${FRAMES}`,
      '-an',
      '-vf',
      scale,
      '-c:v',
      'prores_ks',
      '-profile:v',
      '3',
      clip,
    );
    app = await launch({ home: home.path });
    await newProject(app, project);
    await importClip(app, clip);
    await pictureShown(page());
    await shots(page()).first().focus();
  });
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });

  /** A share of the picture as a place on the screen. */
  async function at(x: number, y: number): Promise<readonly [number, number]> {
    const box = (await page().locator('[data-side=first] [data-picture]').boundingBox())!;
    return [box.x + x * box.width, box.y + y * box.height];
  }
  async function drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    await page().mouse.move(...(await at(...from)));
    await page().mouse.down();
    await page().mouse.move(...(await at(...to)), { steps: 6 });
    await page().mouse.up();
    await saved(page());
  }

  it(
    'that was painted is carried along the motion, with how sure it is',
    async () => {
      await press('b');
      await drag([0.4, 0.4], [0.6, 0.6]);
      // In the list of the timeline End is the last entry, the key frame that was just painted.
      for (let step = 1; step < FRAMES; step++) await press('ArrowRight');
      await page()
        .locator(`[data-shown-frame="${FRAMES - 1}"]`)
        .waitFor();
      await page()
        .getByText(/^Mask \d+ % sure/)
        .waitFor({ timeout: RENDER_MS });
      await veil().waitFor();
      await accessible(page());
      await press('Control+z');
      await veil().waitFor({ state: 'detached' });
      await press('Home');
    },
    RENDER_MS * 2,
  );

  it(
    'is there again when its project is opened again',
    async () => {
      await press('r');
      await drag([DRAWN[0], DRAWN[1]], [DRAWN[2], DRAWN[3]]);
      await sourcePrompt(page()).fill('a red ball on sand by day');
      await prompt(page()).fill('a blue ball on snow at night');
      await setSteps(page(), 3);
      await saved(page());
      await app.quit();
      app = await launch({ home: home.path, args: [project] });
      await pictureShown(page());
      await unfold(page(), 'Mask');
      await parts()
        .getByRole('button', { name: /^Rectangle$/ })
        .waitFor();
      await veil().waitFor();
    },
    3 * RENDER_MS,
  );

  it(
    'leaves the clip as it is outside of it, and the take says so',
    async () => {
      await shots(page()).first().focus();
      await press('Control+Enter');
      const row = takes(page()).getByRole('row', { name: /Take 1/ });
      await row.waitFor({ timeout: 2 * RENDER_MS });
      expect(await row.textContent()).toContain('masked');
      const folder = join(home.path, 'masked takes');
      const [take] = readdirSync(folder).filter((name) => name.endsWith('.mov'));
      const frames = (path: string) => ffmpegSays('-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-');
      const [before, after] = [await frames(clip), await frames(join(folder, take!))];
      expect(after.length).toBe(before.length);
      expect(before.length).toBe(FRAMES * SIZE.width * SIZE.height * 3);
      const rewritten = join(home.path, 'rewritten.mov');
      await ffmpegDoes('-i', clip, '-vf', 'format=gbrp', '-c:v', 'prores_ks', '-profile:v', '3', rewritten);
      const codec = await frames(rewritten);
      const change = (inside: boolean, after: Buffer) => {
        let [sum, count] = [0, 0];
        for (let at = 0; at < before.length; at++) {
          const pixel = Math.floor(at / 3) % (SIZE.width * SIZE.height);
          const [x, y] = [(pixel % SIZE.width) / SIZE.width, Math.floor(pixel / SIZE.width) / SIZE.height];
          // Around the edge the feather and the blocks of the codec mix both.
          const margin = inside ? -0.08 : 0.08;
          const isIn =
            x > DRAWN[0] - margin && x < DRAWN[2] + margin && y > DRAWN[1] - margin && y < DRAWN[3] + margin;
          if (isIn !== inside) continue;
          [sum, count] = [sum + Math.abs(before[at]! - after[at]!), count + 1];
        }
        return sum / count;
      };
      // No more than what ProRes loses when the clip's own pictures are written again. On the mean: it shares its bits among
      // neighbours, so a single pixel beside the edit may lose more.
      const lost = change(false, codec);
      expect(change(false, after)).toBeLessThan(lost + 0.5);
      expect(change(true, after)).toBeGreaterThan(8);
    },
    3 * RENDER_MS,
  );

  it(
    'what is protected is seen as a veil once a frame was previewed',
    async () => {
      const keep = page().getByRole('spinbutton', { name: 'Protect what stays', exact: true });
      await keep.fill('0.4');
      await keep.press('Enter');
      await shots(page()).first().focus();
      await press('e');
      await page()
        .getByRole('button', { name: /What lies over the picture/ })
        .click();
      await page().getByRole('option', { name: 'What is protected' }).click();
      await page().getByText('Preview this frame, or watch it render').waitFor();
      await page().getByRole('button', { name: 'Preview frame' }).click();
      await page()
        .getByRole('img', { name: 'What is protected of the clip' })
        .waitFor({ timeout: RENDER_MS });
      await accessible(page());
    },
    RENDER_MS * 2,
  );
});
