/** The timeline of the built page in a real Chromium; `npx electron-vite build` first. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectDocument, Shot } from '../../src/common/project/document.ts';
import { addAnchor } from '../../src/common/project/edits-anchors.ts';
import { addTake } from '../../src/common/project/edits-takes.ts';
import { closeBrowser, type OpenPage, openPage } from '../helpers/page.ts';
import { projectOf, takeOf } from '../helpers/projects.ts';

function sample(): ProjectDocument {
  const document = projectOf(240, [60, 120, 180]);
  const [first, second] = document.timeline as Shot[];
  addTake(document, takeOf('t1', first!, 'snow'), true);
  addAnchor(document, second!.id, 90);
  return document;
}

let open: OpenPage;

beforeEach(async () => {
  open = await openPage({ document: sample() });
});

afterEach(() => open?.close());
afterAll(closeBrowser);

const ranges = (document: ProjectDocument | null) =>
  document?.timeline.map((item) =>
    item.kind === 'gap' ? `gap ${item.frames}` : `${item.start}-${item.end}`,
  );

/** The document once the page has saved it. */
async function savedRanges(expected: readonly string[]): Promise<void> {
  await expect.poll(() => ranges(open.saved()), { timeout: 5000 }).toEqual(expected);
}

async function timecode(): Promise<string | null> {
  return open.page.getByLabel('Timecode at the playhead', { exact: true }).first().textContent();
}

/** Middle of a timeline frame on the screen; the whole timeline is fitted in. */
async function at(frame: number, lane: 'anchors' | 'shots' | 'ruler'): Promise<{ x: number; y: number }> {
  const box = (await open.page.locator('[data-lanes]').boundingBox())!;
  const scale = (box.width - 28) / 240;
  return { x: box.x + 14 + (frame + 0.5) * scale, y: box.y + { ruler: 12, anchors: 33, shots: 90 }[lane] };
}

async function drag(from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  const { mouse } = open.page;
  await mouse.move(from.x, from.y);
  await mouse.down();
  await mouse.move((from.x + to.x) / 2, to.y, { steps: 4 });
  await mouse.move(to.x, to.y, { steps: 4 });
  await mouse.up();
}

const option = (name: string | RegExp) => open.page.getByRole('option', { name });

describe('with the pointer', () => {
  it('scrubs in the ruler', async () => {
    await drag(await at(10, 'ruler'), await at(77, 'ruler'));
    expect(await timecode()).toBe('01:00:03:05');
  });

  it('drags an anchor as one step of undo', async () => {
    await drag(await at(90, 'anchors'), await at(101, 'anchors'));
    await expect.poll(() => (open.saved()?.timeline[1] as Shot | undefined)?.anchors).toEqual([60, 101]);
    expect(await timecode()).toBe('01:00:04:05');
    await open.page.keyboard.press('Control+z');
    await expect.poll(() => (open.saved()?.timeline[1] as Shot | undefined)?.anchors).toEqual([60, 90]);
    await open.page.keyboard.press('Control+Shift+z');
    await expect.poll(() => (open.saved()?.timeline[1] as Shot | undefined)?.anchors).toEqual([60, 101]);
  });

  it('Escape takes a drag back', async () => {
    const [from, to] = [await at(90, 'anchors'), await at(101, 'anchors')];
    await open.page.mouse.move(from.x, from.y);
    await open.page.mouse.down();
    await open.page.mouse.move(to.x, to.y, { steps: 3 });
    await option('Anchor at frame 101 of Shot 2').waitFor({ state: 'attached' });
    await open.page.keyboard.press('Escape');
    await option('Anchor at frame 90 of Shot 2').waitFor({ state: 'attached' });
    await open.page.mouse.up();
    await expect(open.page.getByLabel('Nothing to undo').count()).resolves.toBe(1);
  });

  it('trims an edge and what follows moves along', async () => {
    const edge = await at(60, 'shots');
    await drag({ x: edge.x - 5, y: edge.y }, { x: (await at(45, 'shots')).x - 5, y: edge.y });
    await savedRanges(['0-45', '60-120', '120-180', '180-240']);
  });

  it('moves a shot past its neighbours', async () => {
    await drag(await at(30, 'shots'), await at(170, 'shots'));
    await savedRanges(['60-120', '120-180', '0-60', '180-240']);
  });

  it('zooms around the pointer', async () => {
    const { x, y } = await at(200, 'shots');
    await open.page.mouse.move(x, y);
    await open.page.keyboard.down('Control');
    for (let notch = 0; notch < 5; notch++) await open.page.mouse.wheel(0, -100);
    await open.page.keyboard.up('Control');
    await open.page.mouse.click(x, y);
    expect(await timecode()).toBe('01:00:08:08');
  });
});

describe('with the keyboard', () => {
  const press = async (...keys: string[]) => {
    for (const key of keys) await open.page.keyboard.press(key);
  };

  it('splits, merges, trims, deletes, lifts and takes everything back', async () => {
    await press('ArrowDown', 'Shift+ArrowRight', 'Shift+ArrowRight', 's');
    await savedRanges(['0-60', '60-80', '80-120', '120-180', '180-240']);
    await press('d', 'Shift+BracketLeft', 'BracketRight');
    await savedRanges(['0-60', '60-80', '81-119', '120-180', '180-240']);
    await press('Home', 'd', 'z');
    await savedRanges(['gap 60', '60-80', '81-119', '120-180', '180-240']);
    await press('End', 'd', 'Delete');
    await savedRanges(['gap 60', '60-80', '81-119', '120-180']);
    await press('Home', 'd', 'x');
    await savedRanges(['60-80', '81-119', '120-180']);
    for (let times = 0; times < 6; times++) await press('Control+z');
    await savedRanges(['0-60', '60-120', '120-180', '180-240']);
    await press('Home', 'Escape', 'Control+j');
    await savedRanges(['0-120', '120-180', '180-240']);
  });

  it('removes from In to Out', async () => {
    await press('Shift+ArrowRight', 'i', 'ArrowRight', 'ArrowRight', 'o', 'Shift+x');
    await savedRanges(['0-10', '13-60', '60-120', '120-180', '180-240']);
  });

  it('adds an anchor, lets it lead and nudges it', async () => {
    await press('Shift+ArrowRight', 'a', 'Shift+a', 'Alt+ArrowRight');
    await expect.poll(() => open.saved()?.timeline[0]).toMatchObject({ anchors: [0, 11], leadAnchor: 11 });
    await press('Delete');
    await expect.poll(() => open.saved()?.timeline[0]).toMatchObject({ anchors: [0], leadAnchor: 0 });
  });

  it('walks the items, which say what they are', async () => {
    await option(/^Shot 1,/).focus();
    expect(await option(/^Shot 1,/).getAttribute('aria-label')).toBe(
      "Shot 1, 2.5 seconds, anchor at frame 0, take 'snow' shown",
    );
    await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown');
    const focused = open.page.locator(':focus');
    expect(await focused.getAttribute('aria-label')).toBe('Anchor at frame 90 of Shot 2');
    expect(await focused.getAttribute('aria-posinset')).toBe('5');
    expect(await timecode()).toBe('01:00:03:18');
    await press('Delete');
    await expect.poll(() => (open.saved()?.timeline[1] as Shot | undefined)?.anchors).toEqual([60]);
    await expect.poll(() => focused.getAttribute('aria-label')).toMatch(/^Shot 2,/);
    await press('Delete');
    await savedRanges(['0-60', '120-180', '180-240']);
    expect(await focused.getAttribute('role')).toBe('option');
  });

  it('opens the menu of what is focused and runs a command from it', async () => {
    await option(/^Shot 3,/).focus();
    await press('Shift+F10');
    await open.page.getByRole('menu', { name: 'Timeline' }).waitFor();
    await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
    await savedRanges(['0-60', '60-120', 'gap 60', '180-240']);
  });

  it('gives a command another key, but not one that is taken', async () => {
    await press('?');
    const split = open.page.getByRole('button', { name: /^Split at the playhead:/ });
    await split.click();
    await press('x');
    await open.page.getByText('That key is taken by “Delete, close up”').waitFor();
    await split.click();
    await press('Shift+y');
    await open.page.getByRole('button', { name: 'Split at the playhead: Shift+Y' }).waitFor();
    await press('Escape');
    await open.page.getByRole('dialog').waitFor({ state: 'detached' });
    await press('Shift+ArrowRight', 's', 'Shift+y');
    await savedRanges(['0-10', '10-60', '60-120', '120-180', '180-240']);
    await open.page.reload();
    await open.page.locator('[data-lanes]').waitFor();
    await press('Shift+ArrowRight', 'Shift+y');
    await savedRanges(['0-10', '10-60', '60-120', '120-180', '180-240']);
  });

  it('leaves keys alone while a sheet is open, and closes it with Escape', async () => {
    await press('?');
    await open.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await press('s', 'x');
    await press('Escape');
    await open.page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect(open.page.getByLabel('Nothing to undo').count()).resolves.toBe(1);
  });
});

it('has no serious violation that axe can find', async () => {
  const { violations } = await new AxeBuilder({ page: open.page as never })
    .include('[aria-label="Timeline"]')
    .include('[aria-label="Transport"]')
    .analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
});
