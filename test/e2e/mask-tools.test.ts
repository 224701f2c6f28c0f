/** Masks drawn by hand on the picture: by pointer and by keys, with pixels of the veil, key frames on the timeline, undo. */
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mask, Part, PartOf } from '../../src/common/masks/mask.ts';
import type { Shot } from '../../src/common/project/document.ts';
import { closeBrowser, type OpenPage, openPage } from '../helpers/page.ts';
import { projectOf } from '../helpers/projects.ts';
import { accessible, saved as savedAll, timeline } from './desk.ts';
import { unfold } from './folds.ts';
import { pictureOnScreen } from './screen.ts';

/** The clip of the test page, in whose pixels masks are given. */
const CLIP = { width: 640, height: 360 };
/** Colour and density of the veil where all is edited. */
const [RED, GREEN, BLUE, DENSITY] = [255, 59, 72, 0.55];

let open: OpenPage;
let page: Page;
beforeEach(async () => {
  open = await openPage({ document: projectOf(100, []) });
  ({ page } = open);
  await shown(0);
});
afterEach(() => open?.close());
afterAll(closeBrowser);

const shown = (frame: number) => page.locator(`[data-shown-frame="${frame}"]`).waitFor();
const press = (key: string) => page.keyboard.press(key);
const layer = () => page.locator('[data-mask-layer]');
const mask = (): Mask | null => {
  const [shot] = (open.saved()?.timeline ?? []) as Shot[];
  return shot?.settings.guide.mask ?? null;
};
const parts = (): readonly Part[] => mask()?.parts ?? [];
const part = <Kind extends Part['kind']>(kind: Kind) =>
  parts().find((one): one is PartOf<Kind> => one.kind === kind);
const saved = (what: () => unknown) => expect.poll(what);
/** A part as the viewer has it for keyboards. */
const handle = (name: string | RegExp) => layer().getByRole('option', { name });
const keys = () => timeline(page).locator('[data-kind=mask-key]');

/** Where a pixel of the clip lies on the screen. */
async function at(x: number, y: number): Promise<readonly [number, number]> {
  const box = (await page.locator('[data-side=first] [data-picture]').boundingBox())!;
  return [box.x + (x / CLIP.width) * box.width, box.y + (y / CLIP.height) * box.height];
}

async function drag(
  from: readonly [number, number],
  to: readonly [number, number],
  steps = 6,
): Promise<void> {
  await page.mouse.move(...(await at(...from)));
  await page.mouse.down();
  await page.mouse.move(...(await at(...to)), { steps });
  await page.mouse.up();
  await savedAll(page);
}

/** What of the veil lies on pixels of the clip, 0..1, by the picture with and without it. */
async function veilAt(...points: readonly (readonly [number, number])[]): Promise<number[]> {
  const pixels = async () => {
    const all = await pictureOnScreen(page, CLIP);
    return points.map(([x, y]) => all.subarray(3 * (y * CLIP.width + x), 3 * (y * CLIP.width + x) + 3));
  };
  const veiled = await pixels();
  await press('h');
  await layer().locator('canvas').waitFor({ state: 'detached' });
  const plain = await pixels();
  await press('h');
  await layer().locator('canvas').waitFor();
  return points.map((_, index) => {
    const [before, after] = [plain[index]!, veiled[index]!];
    // By the channel in which the veil's colour tells most.
    const wide = [RED, GREEN, BLUE].map((one, channel) => one - before[channel]!);
    const channel = wide.reduce((best, one, now) => (Math.abs(one) > Math.abs(wide[best]!) ? now : best), 0);
    return Math.round(((after[channel]! - before[channel]!) / wide[channel]! / DENSITY) * 20) / 20 + 0;
  });
}

describe('by pointer', () => {
  it('a rectangle is drawn, seen as a veil, and undone in one step', async () => {
    await press('r');
    await drag([160, 90], [400, 250]);
    await saved(() => part('rectangle')?.keys).toHaveLength(1);
    const [key] = part('rectangle')!.keys;
    expect(key!.frame).toBe(0);
    expect(key!.x).toBeCloseTo(160, -0.5);
    expect(key!.width).toBeCloseTo(240, -0.5);
    expect(key!.height).toBeCloseTo(160, -0.5);
    expect(mask()!.feather).toBe(6);
    expect(await veilAt([280, 170], [180, 110], [100, 170], [280, 300], [420, 170])).toEqual([1, 1, 0, 0, 0]);
    await accessible(page);
    await press('Control+z');
    await saved(mask).toBeNull();
    await layer().locator('canvas').waitFor({ state: 'detached' });
    await press('Control+y');
    await saved(() => parts().length).toBe(1);
  });

  it('handles resize and turn, the inside moves, Escape takes a drag back', async () => {
    await press('r');
    await drag([160, 90], [400, 250]);
    await saved(() => parts().length).toBe(1);
    const box = () => part('rectangle')!.keys[0]!;
    await drag([400, 250], [440, 290]);
    await saved(() => Math.round(box().width / 10)).toBe(28);
    expect(box().x).toBeCloseTo(160, -0.5);
    // The handle that turns stands above the middle of the upper edge.
    const [x, y] = await at(300, 90);
    await page.mouse.move(x, y - 26);
    await page.mouse.down();
    await page.mouse.move(...(await at(500, 190)), { steps: 5 });
    await page.mouse.up();
    await savedAll(page);
    await saved(() => Math.round(box().angle / 5)).toBe(18);
    await drag([300, 190], [320, 170]);
    await saved(() => Math.round(box().x / 10)).toBe(18);
    const before = box();
    await page.mouse.move(...(await at(320, 170)));
    await page.mouse.down();
    await page.mouse.move(...(await at(400, 200)), { steps: 3 });
    await press('Escape');
    await page.mouse.up();
    await page.mouse.move(...(await at(10, 10)));
    await saved(box).toEqual(before);
    // The tool stays in hand: Escape ended the drag alone.
    expect(await page.getByRole('button', { name: 'Change the mask' }).getAttribute('aria-pressed')).toBe(
      'true',
    );
  });

  it('a change at another frame makes a key frame there, and the veil goes from one to the other', async () => {
    await press('r');
    await drag([40, 100], [200, 260]);
    await saved(() => parts().length).toBe(1);
    for (let step = 0; step < 2; step++) await press('Shift+ArrowRight');
    await shown(20);
    await drag([120, 180], [440, 180]);
    await saved(() => part('rectangle')?.keys.map(({ frame }) => frame)).toEqual([0, 20]);
    expect(await keys().count()).toBe(2);
    await press('Shift+ArrowLeft');
    await shown(10);
    expect(await veilAt([280, 180], [100, 180], [480, 180])).toEqual([1, 0, 0]);
    await press('Comma');
    await shown(0);
    await press('Period');
    await shown(20);
    // Taken away, the shape stays where the other key has it.
    await page.getByRole('button', { name: 'Key frame of the mask here, or none' }).click();
    await saved(() => part('rectangle')?.keys.map(({ frame }) => frame)).toEqual([0]);
    expect(await veilAt([120, 180], [440, 180])).toEqual([1, 0]);
  });

  it('a polygon is drawn corner by corner and closed with Enter; corners come and go', async () => {
    await press('p');
    const corners = [
      [200, 60],
      [440, 60],
      [440, 300],
      [300, 300],
    ] as const;
    for (const [x, y] of corners) await page.mouse.click(...(await at(x, y)));
    // The last one was a slip.
    await press('Backspace');
    await press('Enter');
    await saved(() => part('polygon')?.keys[0]?.points).toHaveLength(3);
    expect(await veilAt([400, 100], [250, 250])).toEqual([1, 0]);
    // On the long side, halfway.
    await drag([320, 180], [220, 280]);
    await saved(() => part('polygon')?.keys[0]?.points).toHaveLength(4);
    expect(await veilAt([400, 100], [280, 220])).toEqual([1, 1]);
    await press('Delete');
    await saved(() => part('polygon')?.keys[0]?.points).toHaveLength(3);
    await press('Delete');
    await saved(() => part('polygon')?.keys[0]?.points).toHaveLength(3);
    await press('Control+z');
    await saved(() => part('polygon')?.keys[0]?.points).toHaveLength(4);
  });

  it('the brush paints, the eraser takes away; each stroke is undone by itself', async () => {
    await press('b');
    for (let times = 0; times < 3; times++) await press('BracketRight');
    await drag([120, 180], [520, 180], 20);
    await saved(() => part('brush')?.strokes).toHaveLength(1);
    const { radius, points } = part('brush')!.strokes[0]!;
    expect(radius).toBeGreaterThan(23);
    expect(points.length).toBeGreaterThan(10);
    expect(await veilAt([320, 180], [320, 90])).toEqual([1, 0]);
    await press('Shift+b');
    await drag([320, 120], [320, 240]);
    await saved(() => part('brush')?.strokes.map(({ mode }) => mode)).toEqual(['paint', 'erase']);
    expect(await veilAt([320, 180], [160, 180])).toEqual([0, 1]);
    await press('Control+z');
    await saved(() => part('brush')?.strokes).toHaveLength(1);
    expect(await veilAt([320, 180])).toEqual([1]);
    await press('Control+z');
    await saved(mask).toBeNull();
  });

  it('is drawn where it is seen when the picture is zoomed, panned and wiped', async () => {
    const stage = page.locator('[data-comparison]');
    await stage.hover({ position: { x: 200, y: 120 } });
    await page.mouse.wheel(0, -400);
    await page.getByRole('button', { name: /% Zoom/ }).waitFor();
    await press('c');
    await page.getByRole('slider', { name: 'Wipe between A and B' }).waitFor();
    await press('r');
    await drag([150, 90], [230, 150]);
    await saved(() => parts().length).toBe(1);
    const [key] = part('rectangle')!.keys;
    expect(key!.x).toBeCloseTo(150, -0.5);
    expect(key!.y).toBeCloseTo(90, -0.5);
    expect(key!.width).toBeCloseTo(80, -0.5);
    await press('f');
    await press('c');
    // The picture comes back to its place over a few frames.
    await expect.poll(() => veilAt([190, 120], [300, 120])).toEqual([1, 0]);
  });
});

describe('by keys alone', () => {
  it('a shape comes into the middle, moves, grows, turns, and goes', async () => {
    await press('Shift+r');
    await press('Enter');
    await saved(() => part('ellipse')?.keys).toHaveLength(1);
    const box = () => part('ellipse')!.keys[0]!;
    const before = box();
    expect(before.x + before.width / 2).toBeCloseTo(320, 0);
    const ellipse = handle(/^Ellipse, adds, 1 key frame, one here/);
    await expect.poll(() => ellipse.evaluate((one) => one === document.activeElement)).toBe(true);
    await press('ArrowRight');
    await press('Control+ArrowDown');
    await press('Shift+ArrowRight');
    await press('Alt+ArrowLeft');
    await saved(box).toEqual({
      ...before,
      x: before.x + 0.5,
      y: before.y + 10,
      width: before.width + 1,
      angle: -1,
    });
    await accessible(page);
    await press('Delete');
    await saved(mask).toBeNull();
    await press('Control+z');
    await saved(() => parts().length).toBe(1);
    await press('Escape');
    await page.getByRole('toolbar', { name: 'Mask', exact: true }).waitFor({ state: 'detached' });
  });

  it('corners of a polygon are taken in hand, moved, put in', async () => {
    await press('p');
    await press('Enter');
    await saved(() => part('polygon')?.keys[0]?.points).toHaveLength(4);
    const [top, right] = part('polygon')!.keys[0]!.points;
    await press('PageDown');
    await press('Control+ArrowUp');
    await press('Insert');
    await saved(() => part('polygon')?.keys[0]?.points).toHaveLength(5);
    const points = part('polygon')!.keys[0]!.points;
    expect(points[0]).toEqual([top![0], top![1] - 10]);
    expect(points[1]![0]).toBeCloseTo((top![0] + right![0]) / 2);
    await handle(/corner 2 in hand/).waitFor();
    await press('Delete');
    await saved(() => part('polygon')?.keys[0]?.points).toHaveLength(4);
  });

  it('key frames are walked, moved and removed in the list of the timeline', async () => {
    await press('r');
    await press('Enter');
    await saved(() => parts().length).toBe(1);
    await press('Escape');
    await timeline(page).getByRole('option').first().focus();
    await press('Shift+ArrowRight');
    await shown(10);
    await press('e');
    await handle(/^Rectangle/).focus();
    await press('Control+ArrowRight');
    await saved(() => part('rectangle')?.keys.map(({ frame }) => frame)).toEqual([0, 10]);
    await timeline(page).getByRole('option').first().focus();
    await press('End');
    const last = keys().last();
    await expect.poll(() => last.getAttribute('aria-selected')).toBe('true');
    expect(await last.getAttribute('aria-label')).toBe('Mask at frame 10 of Shot 1: rectangle');
    await press('Alt+ArrowRight');
    await saved(() => part('rectangle')?.keys.map(({ frame }) => frame)).toEqual([0, 11]);
    await shown(11);
    await press('Delete');
    await saved(() => part('rectangle')?.keys.map(({ frame }) => frame)).toEqual([0]);
  });
});

describe('on the timeline', () => {
  it('a key frame is dragged in time, in one step of undo', async () => {
    await press('r');
    await drag([160, 90], [400, 250]);
    await saved(() => parts().length).toBe(1);
    await press('n');
    const lanes = (await page.locator('[data-lanes]').boundingBox())!;
    const mark = async (index: number) => (await keys().nth(index).boundingBox())!;
    const first = await mark(0);
    const middle = first.x + first.width / 2;
    // At the foot of the pictures, where the marks stand.
    const foot = lanes.y + lanes.height - 79;
    await page.mouse.move(middle, foot);
    await expect
      .poll(() => page.locator('[data-lanes]').evaluate((one) => one.style.cursor))
      .toBe('ew-resize');
    await page.mouse.down();
    await page.mouse.move(middle + 12 * first.width, foot, { steps: 6 });
    await page.mouse.up();
    await saved(() => part('rectangle')?.keys.map(({ frame }) => frame)).toEqual([12]);
    await shown(12);
    await press('Control+z');
    await saved(() => part('rectangle')?.keys.map(({ frame }) => frame)).toEqual([0]);
  });
});

describe('in the inspector', () => {
  it('parts are ordered, take away, are inverted and softened', async () => {
    await press('r');
    await drag([100, 60], [500, 300]);
    await saved(() => parts().length).toBe(1);
    await press('Shift+r');
    await drag([200, 120], [400, 240]);
    await saved(() => parts().length).toBe(2);
    const panel = page.getByRole('tabpanel', { name: 'Inspector' });
    await unfold(page, 'Mask');
    await panel.getByRole('button', { name: 'Ellipse adds; let it take away' }).click();
    await saved(() => part('ellipse')?.mode).toBe('subtract');
    expect(await veilAt([300, 180], [150, 100], [50, 30])).toEqual([0, 1, 0]);
    await panel.getByRole('button', { name: 'Ellipse earlier' }).click();
    await saved(() => parts().map(({ kind }) => kind)).toEqual(['ellipse', 'rectangle']);
    await panel.getByText(/^Invert/).click();
    await saved(() => mask()?.invert).toBe(true);
    await panel.getByRole('spinbutton', { name: 'Feather in pixels' }).fill('40');
    await panel.getByRole('spinbutton', { name: 'Feather in pixels' }).press('Enter');
    await saved(() => mask()?.feather).toBe(40);
    await accessible(page);
    await panel.getByRole('button', { name: 'Remove Rectangle' }).click();
    await panel.getByRole('button', { name: 'Remove Ellipse' }).click();
    await saved(mask).toBeNull();
  });
});
