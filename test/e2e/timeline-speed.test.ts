/**
 * A thousand shots with takes and anchors: what one display frame of zooming costs in a real Chromium, beside what it costs
 * with thirty. `npm run bench:ui` says it in milliseconds; here the machine may have much else to do.
 */
import { afterAll, expect, it } from 'vitest';
import type { ProjectDocument, Shot } from '../../src/common/project/document.ts';
import { addAnchor } from '../../src/common/project/edits-anchors.ts';
import { addTake } from '../../src/common/project/edits-takes.ts';
import { closeBrowser, openPage } from '../helpers/page.ts';
import { projectOf, takeOf } from '../helpers/projects.ts';

afterAll(closeBrowser);

/** Milliseconds of work in each display frame of half a second of zooming in and out. */
async function zoom(canvas: HTMLElement | SVGElement): Promise<number[]> {
  const work: number[] = [];
  const box = canvas.getBoundingClientRect();
  const start = performance.now();
  await new Promise<void>((done) => {
    let frames = 0;
    const turn = () => {
      const now = performance.now();
      const deltaY = frames++ % 30 < 15 ? -40 : 40;
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
      if (now - start < 500) requestAnimationFrame(turn);
      else done();
    };
    requestAnimationFrame(turn);
  });
  return work;
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

function shots(count: number): ProjectDocument {
  const document = projectOf(
    count * 100,
    Array.from({ length: count - 1 }, (_, at) => (at + 1) * 100),
  );
  for (const [at, shot] of (document.timeline as Shot[]).entries()) {
    if (at % 2 === 0) addTake(document, takeOf(`t${at}`, shot), true);
    addAnchor(document, shot.id, shot.start + 50);
  }
  return document;
}

it('a thousand shots zoom hardly slower than thirty', async () => {
  const few = await openPage({ document: shots(30) });
  const many = await openPage({ document: shots(1000) });
  for (const view of ['far', 'near']) {
    const cost = { few: [] as number[], many: [] as number[] };
    // By turns, so that whatever else runs slows both.
    for (let turn = 0; turn < 6; turn++) {
      for (const [name, { page }] of Object.entries({ few, many })) {
        await page.bringToFront();
        cost[name as keyof typeof cost].push(...(await page.locator('[data-lanes]').evaluate(zoom)));
      }
    }
    const ratio = middle(cost.many) / middle(cost.few);
    console.log(
      `${view}: ${middle(cost.many).toFixed(1)} ms a frame, ${ratio.toFixed(2)} times that of thirty shots`,
    );
    expect(ratio, view).toBeLessThan(2);
    for (const { page } of [few, many])
      for (let press = 0; press < 3; press++) await page.keyboard.press('=');
  }
  await few.close();
  await many.close();
});
