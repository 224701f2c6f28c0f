/** Typing in a project of a thousand shots: how many components React draws for a letter, beside a project of thirty. */
import { afterAll, expect, it } from 'vitest';
import type { ProjectDocument, Shot } from '../../src/common/project/document.ts';
import { addMarker } from '../../src/common/project/edits-markers.ts';
import { addTake } from '../../src/common/project/edits-takes.ts';
import { closeBrowser, type OpenPage, openPage } from '../helpers/page.ts';
import { projectOf, takeOf } from '../helpers/projects.ts';

afterAll(closeBrowser);

function project(count: number): ProjectDocument {
  const cuts = Array.from({ length: count - 1 }, (_, at) => (at + 1) * 20);
  const document = projectOf(count * 20, cuts);
  for (const shot of document.timeline as Shot[]) {
    addTake(document, takeOf(`t ${shot.id}`, shot), true);
    addMarker(document, { id: `m ${shot.id}`, frame: shot.start, name: '', note: '', colour: 'red' });
  }
  return document;
}

/** Stands where React's own tools do, and counts the components that did any work. */
function countDrawn(): void {
  interface Fiber {
    readonly tag: number;
    readonly flags: number;
    readonly alternate: Fiber | null;
    readonly child: Fiber | null;
    readonly sibling: Fiber | null;
  }
  const counted = globalThis as unknown as { drawn: number };
  counted.drawn = 0;
  const walk = (first: Fiber | null) => {
    for (let one = first; one; one = one.sibling) {
      // Functions, refs and memos that ran are marked; where nothing below did, the children are those of before.
      if ([0, 11, 14, 15].includes(one.tag) && (one.flags & 1) === 1) counted.drawn++;
      if (one.child !== (one.alternate?.child ?? null)) walk(one.child);
    }
  };
  Object.assign(globalThis, {
    __REACT_DEVTOOLS_GLOBAL_HOOK__: {
      supportsFiber: true,
      inject: () => 1,
      onCommitFiberUnmount() {},
      onCommitFiberRoot(_: number, { current }: { current: Fiber }) {
        if (current.child !== current.alternate?.child) walk(current.child);
      },
    },
  });
}

/** Components drawn for a letter: the median, for what is saved or planned meanwhile draws a little too. */
async function perLetter(open: OpenPage): Promise<number> {
  const drawn: number[] = [];
  for (const letter of 'abcdefghi') {
    await open.page.evaluate(() => {
      (globalThis as unknown as { drawn: number }).drawn = 0;
    });
    await open.page.keyboard.type(letter);
    drawn.push(await open.page.evaluate(() => (globalThis as unknown as { drawn: number }).drawn));
  }
  return drawn.toSorted((a, b) => a - b)[4]!;
}

it('a letter draws no more in a thousand shots than in thirty, and little in either', async () => {
  const drawn: Record<string, number[]> = { prompt: [], marker: [] };
  for (const count of [30, 1000]) {
    const open = await openPage({ document: project(count) });
    const { page } = open;
    await page.addInitScript(countDrawn);
    await page.reload();
    await page.locator('[data-lanes]').waitFor();
    await page.getByRole('option').first().focus();
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).focus();
    drawn.prompt!.push(await perLetter(open));
    await page.getByRole('tab', { name: 'Clips' }).click();
    await page.getByRole('option').first().focus();
    await page.keyboard.press('m');
    await page.getByRole('textbox', { name: 'Name of the marker' }).waitFor();
    drawn.marker!.push(await perLetter(open));
    await open.close();
  }
  console.log(`components drawn a letter, in 30 and in 1,000 shots: ${JSON.stringify(drawn)}`);
  for (const [few, many] of Object.values(drawn)) {
    expect(few).toBeGreaterThan(0);
    expect(many).toBeLessThanOrEqual(few! + 2);
  }
});
