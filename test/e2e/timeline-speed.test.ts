/** A thousand shots with takes and anchors: what one display frame of zooming costs in a real Chromium. */
import { afterAll, expect, it } from 'vitest';
import type { Shot } from '../../src/common/project/document.ts';
import { addAnchor } from '../../src/common/project/edits-anchors.ts';
import { addTake } from '../../src/common/project/edits-takes.ts';
import { closeBrowser, openPage } from '../helpers/page.ts';
import { projectOf, takeOf } from '../helpers/projects.ts';

afterAll(closeBrowser);

/** Middle values in milliseconds over two seconds of zooming in and out. */
async function zoom(canvas: HTMLElement | SVGElement): Promise<{ interval: number; work: number }> {
  const intervals: number[] = [];
  const work: number[] = [];
  const box = canvas.getBoundingClientRect();
  const start = performance.now();
  await new Promise<void>((done) => {
    let last = start;
    const turn = () => {
      const now = performance.now();
      intervals.push(now - last);
      last = now;
      const deltaY = intervals.length % 60 < 30 ? -40 : 40;
      canvas.dispatchEvent(
        new WheelEvent('wheel', {
          deltaY,
          ctrlKey: true,
          clientX: box.left + box.width / 2,
          cancelable: true,
        }),
      );
      // The picture is drawn later in this same frame; a message comes right after it.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => work.push(performance.now() - now);
      port2.postMessage(null);
      if (now - start < 2000) requestAnimationFrame(turn);
      else done();
    };
    requestAnimationFrame(turn);
  });
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return { interval: middle(intervals), work: middle(work) };
}

it('a thousand shots zoom without dropping frames', async () => {
  const document = projectOf(
    100_000,
    Array.from({ length: 999 }, (_, at) => (at + 1) * 100),
  );
  for (const [at, shot] of (document.timeline as Shot[]).entries()) {
    if (at % 2 === 0) addTake(document, takeOf(`t${at}`, shot), true);
    addAnchor(document, shot.id, shot.start + 50);
  }
  const open = await openPage({ document });
  await open.page.waitForTimeout(500);
  const far = await open.page.locator('[data-lanes]').evaluate(zoom);
  await open.page.keyboard.press('=');
  await open.page.keyboard.press('=');
  await open.page.keyboard.press('=');
  const near = await open.page.locator('[data-lanes]').evaluate(zoom);
  await open.close();
  console.log(`1,000 shots, ms per frame: far ${JSON.stringify(far)}, near ${JSON.stringify(near)}`);
  // A display frame is 16.7 ms; half of it is left to the rest of the page.
  expect(far.work).toBeLessThan(8.3);
  expect(near.work).toBeLessThan(8.3);
});
