/** What is really on the screen: pixels of a screenshot, not what an element says of itself. */
import { spawn } from 'node:child_process';
import type { Frame, Page } from 'playwright';
import { expect } from 'vitest';
import { COUNTER_HEIGHT, COUNTER_WIDTH, readCounter } from '../helpers/clips.ts';

/** Pixels of a part of the page as they are on the screen, scaled to a size: RGB, 8 bits. */
export async function pixelsOnScreen(
  page: Page,
  part: { x: number; y: number; width: number; height: number },
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  const png = await page.screenshot({ clip: part, animations: 'disabled' });
  // As text: a list of so many numbers takes a second to cross.
  const rgba = await page.evaluate(
    async ({ png, width, height }) => {
      const letters = atob(png);
      const bytes = new Uint8Array(letters.length);
      for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
      context.drawImage(image, 0, 0, width, height);
      const { data } = context.getImageData(0, 0, width, height);
      return btoa(Array.from(data, (one) => String.fromCharCode(one)).join(''));
    },
    { png: png.toString('base64'), width, height },
  );
  return Uint8Array.from(Buffer.from(rgba, 'base64').filter((_, index) => index % 4 !== 3));
}

/** The picture of the viewer as the artist sees it, scaled to a size (a counter's): RGB, 8 bits. */
export async function pictureOnScreen(
  page: Page,
  size = { width: COUNTER_WIDTH, height: COUNTER_HEIGHT },
): Promise<Uint8Array> {
  const box = await page.locator('[data-side=first] [data-picture]').boundingBox();
  if (!box) throw new Error('the viewer has no picture');
  return pixelsOnScreen(page, box, size);
}

/** Number of the counter picture that the viewer shows; black is 0. */
export async function numberOnScreen(page: Page): Promise<number> {
  return readCounter(await pictureOnScreen(page));
}

/** As many processes that do nothing but count, until it is disposed: the machine of an artist whose render runs. */
export function busyLoops(count: number): Disposable {
  const loops = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  return {
    [Symbol.dispose]() {
      for (const loop of loops) loop.kill('SIGKILL');
    },
  };
}

/** Runs in a page or a frame as a script of its own does, not as an act of the artist, which Playwright's `evaluate` is. */
export async function byItself<Value>(target: Page | Frame, expression: string): Promise<Value> {
  const page = 'page' in target ? target.page() : target;
  const session = await page.context().newCDPSession(target);
  const { result } = await session.send('Runtime.evaluate', {
    ...{ expression, userGesture: false, awaitPromise: true, returnByValue: true },
  });
  await session.detach();
  return result.value as Value;
}

/** Waits until whatever the artist did last is long ago. */
export async function atRest(page: Page): Promise<void> {
  await expect
    .poll(() => byItself<boolean>(page, 'navigator.userActivation.isActive'), { timeout: 15_000 })
    .toBe(false);
}
