/** Wherever the playhead jumps, the picture of that very frame comes to the screen, also beside work that takes all cores. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COUNTER_HEIGHT, COUNTER_WIDTH } from '../helpers/clips.ts';
import { startWithCounters } from './desk.ts';
import { type RunningApp, usedHome } from './running-app.ts';
import { busyLoops, numberOnScreen, pictureOnScreen } from './screen.ts';

const FRAMES = 60;
/** Number in the first picture of the second clip, so that no picture of one is a picture of the other. */
const SECOND = 512;
const JUMPS = 50;

/** The same jumps in every run: all over both clips, one frame at a time, and back and forth over the cut. */
function jumps(): number[] {
  let state = 7;
  const random = (below: number) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state % below;
  };
  let at = 0;
  return Array.from({ length: JUMPS }, (_, index) => {
    if (index % 5 === 1) at = Math.min(2 * FRAMES - 1, at + 1);
    else if (index % 5 === 3) at = (at + FRAMES) % (2 * FRAMES);
    else at = random(2 * FRAMES);
    return at;
  });
}

const numberAt = (frame: number) => (frame < FRAMES ? frame : SECOND + frame - FRAMES);

describe('the picture under the playhead', () => {
  const home = usedHome();
  let app: RunningApp;

  beforeAll(async () => {
    app = await startWithCounters(home, [
      ['first', '25', FRAMES, 0],
      ['second', '25', FRAMES, SECOND],
    ]);
  });
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });

  /** Puts the playhead on a frame as a click on the ruler does. */
  async function jump(frame: number): Promise<void> {
    const ruler = app.page.locator('[data-lanes]');
    const box = (await ruler.boundingBox())!;
    const scale = box.width / (2 * FRAMES);
    await ruler.click({ position: { x: Math.min(box.width - 1, (frame + 0.5) * scale), y: 6 } });
  }

  async function playhead(): Promise<number> {
    const text = await app.page.getByRole('button', { name: /timecode/ }).textContent();
    return Number(/\d+$/.exec(text ?? '')?.[0]);
  }

  /** Jumps, waits until the viewer says that the picture is there, and answers what stands there. */
  async function seenAfter(frame: number, sides: readonly string[]): Promise<{ at: number; number: number }> {
    await jump(frame);
    const at = await playhead();
    for (const side of sides) {
      await app.page.locator(`[data-shown-${side}="${at}"]`).waitFor();
    }
    return { at, number: await numberOnScreen(app.page) };
  }

  it('is that of the frame after each of fifty jumps beside two busy loops', async () => {
    using _ = busyLoops(2);
    await app.page.keyboard.press('Digit0');
    for (const frame of jumps()) {
      const { at, number } = await seenAfter(frame, ['frame']);
      expect(number, `jump to frame ${at}`).toBe(numberAt(at));
    }
  });

  it('has B beside A after each jump, and a difference of the same is black', async () => {
    using _ = busyLoops(2);
    await app.page.keyboard.press('c');
    // Left half of A, right half of B: only both together are the number.
    for (const frame of jumps().slice(0, 20)) {
      const { at, number } = await seenAfter(frame, ['frame', 'second']);
      expect(number, `jump to frame ${at}`).toBe(numberAt(at));
    }
    // Off and on again without a move: B is decoded while its pane is hidden.
    for (let again = 0; again < 6; again++) {
      await app.page.keyboard.press('c');
      await app.page.locator('[data-comparison="off"]').waitFor();
      await jump(7 + again * 11);
      await app.page.keyboard.press('c');
      const at = await playhead();
      await app.page.locator(`[data-shown-second="${at}"]`).waitFor();
      await app.page.locator(`[data-shown-frame="${at}"]`).waitFor();
      expect(await numberOnScreen(app.page)).toBe(numberAt(at));
    }
    await app.page.keyboard.press('Shift+c');
    await app.page.keyboard.press('Shift+c');
    await app.page.locator('[data-comparison="difference"]').waitFor();
    for (const frame of [90, 20]) {
      await seenAfter(frame, ['frame', 'second']);
      // The middle row alone: hints stand above and below it.
      const row = (await pictureOnScreen(app.page)).subarray(3 * COUNTER_WIDTH * (COUNTER_HEIGHT / 2));
      expect(Math.max(...row.subarray(0, 3 * COUNTER_WIDTH))).toBeLessThan(32);
    }
    await app.page.keyboard.press('c');
  });
});
