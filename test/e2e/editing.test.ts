/** What an editor does on the timeline beside cutting: marks, goes to places, slips, rolls, copies, takes clips from the bin. */
import { afterAll, expect, it } from 'vitest';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { trim } from '../../src/common/project/edits.ts';
import { closeBrowser, openPage } from '../helpers/page.ts';
import { clipRef, projectOf } from '../helpers/projects.ts';
import { accessible } from './desk.ts';

afterAll(closeBrowser);

/** Four shots of 60 frames; the second has 10 frames of its clip on each side. A clip without shots. */
function sample(): ProjectDocument {
  const document = projectOf(240, [60, 120, 180]);
  const { id } = document.timeline[1]!;
  trim(document, id, 'start', 70);
  trim(document, id, 'end', 110);
  document.clips.spare = clipRef('spare', 20);
  return document;
}

it('an editor marks, goes to places, slips, rolls, copies and takes a clip from the bin', async () => {
  const { page, saved, close } = await openPage({ document: sample() });
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const length = 220;
  const box = (await page.locator('[data-lanes]').boundingBox())!;
  const at = (frame: number, y: number) => ({
    x: box.x + 14 + ((frame + 0.5) * (box.width - 28)) / length,
    y: box.y + y,
  });
  const drag = async (from: { x: number; y: number }, to: { x: number; y: number }) => {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move((from.x + to.x) / 2, to.y, { steps: 3 });
    await page.mouse.move(to.x, to.y, { steps: 3 });
    await page.mouse.up();
  };
  const timecode = () => page.getByLabel('Timecode at the playhead', { exact: true }).textContent();
  const goTo = async (text: string) => {
    await press('g');
    await page.getByRole('textbox', { name: 'Go to timecode' }).fill(text);
    await press('Enter');
  };
  const ranges = () =>
    saved()?.timeline.map((item) =>
      item.kind === 'gap' ? `gap ${item.frames}` : `${item.start}-${item.end}`,
    );
  const marks = () => saved()?.markers.map(({ frame, name, colour }) => `${frame} ${name} ${colour}`);

  // Typed places, and one that is none.
  await goTo('2:02');
  expect(await timecode()).toBe('01:00:02:02');
  await goTo('+10');
  expect(await timecode()).toBe('01:00:02:12');
  await goTo('nowhere');
  expect(await page.getByRole('textbox', { name: 'Go to timecode' }).getAttribute('aria-invalid')).toBe(
    'true',
  );
  await press('Escape');
  await page.getByRole('textbox', { name: 'Go to timecode' }).waitFor({ state: 'detached' });

  // A marker, named and coloured in one step; it goes with the picture when what is before it is trimmed.
  await press('m', 'm');
  await page.getByRole('textbox', { name: 'Name of the marker' }).fill('Rain');
  await page.getByRole('radio', { name: 'Green' }).check({ force: true });
  await accessible(page);
  await press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await expect.poll(marks).toEqual(['60 Rain green']);
  await page.getByRole('tab', { name: /Markers/ }).click();
  await page.getByRole('row', { name: 'Rain' }).waitFor();
  await accessible(page);
  await drag(at(60, 32), at(90, 32));
  await expect.poll(marks).toEqual(['90 Rain green']);
  await press('Home', 'd', 'Shift+BracketLeft');
  await expect.poll(marks).toEqual(['89 Rain green']);
  await press('Shift+ArrowDown');
  expect(await timecode()).toBe('01:00:03:17');
  await press('Control+z', 'Control+z', 'Control+z');
  await expect.poll(marks).toEqual(['60  blue']);
  await press('Delete');
  await expect.poll(marks).toEqual([]);

  // Slipped with its tool, the cut after it rolled by Ctrl and by keys: nothing else moves.
  await page.getByRole('button', { name: 'Tool: slip shots' }).click();
  await drag(at(80, 90), at(76, 90));
  await expect.poll(ranges).toEqual(['0-60', '74-114', '120-180', '180-240']);
  await press('Escape');
  const cut = at(100, 90);
  await page.keyboard.down('Control');
  await drag({ x: cut.x - 5, y: cut.y }, { x: at(103, 90).x - 5, y: cut.y });
  await page.keyboard.up('Control');
  await expect.poll(ranges).toEqual(['0-60', '74-117', '123-180', '180-240']);
  await press('Alt+BracketLeft');
  await expect.poll(ranges).toEqual(['0-60', '74-116', '122-180', '180-240']);
  await press('Control+z', 'Control+z', 'Control+z');
  await expect.poll(ranges).toEqual(['0-60', '70-110', '120-180', '180-240']);

  await press('Home', 'd', 'Control+d');
  await expect.poll(ranges).toEqual(['0-60', '0-60', '70-110', '120-180', '180-240']);
  await press('Control+z');

  // From the bin: at the playhead, and dragged between two shots.
  await page.getByRole('tab', { name: /Clips/ }).click();
  const row = page.getByRole('row', { name: 'spare.mov' });
  await row.getByText('No shot shows it').waitFor();
  await accessible(page);
  await goTo('10');
  await row.click();
  await press('F9');
  await expect.poll(ranges).toEqual(['0-10', '0-20', '10-60', '70-110', '120-180', '180-240']);
  await row.getByRole('button', { name: '1 shot' }).waitFor();
  await press('Control+z');
  await row.dragTo(page.locator('[data-timeline]'), {
    force: true,
    targetPosition: { x: at(62, 90).x - box.x, y: 90 },
  });
  await expect.poll(ranges).toEqual(['0-60', '0-20', '70-110', '120-180', '180-240']);
  await press('Control+z');

  // In to Out again and again, on the whole screen, and back.
  await goTo('20f');
  await press('i');
  await goTo('25f');
  await press('o', 'Control+l', 'F11');
  await page.locator('main[data-full]').waitFor();
  await press('Space');
  const frames = new Set<number>();
  await expect
    .poll(
      async () => {
        frames.add(Number((await timecode())!.slice(-2)));
        return frames.has(25 % 24) && frames.has(20);
      },
      { interval: 7 },
    )
    .toBe(true);
  await press('Space', 'Escape');
  await page.locator('main[data-full]').waitFor({ state: 'detached' });
  expect([...frames].every((frame) => frame >= 20 || frame <= 1)).toBe(true);

  // The label of the first frame; panels as wide as wished, and as they were; keys of another program.
  await press('Home');
  await page.keyboard.press('?');
  await page.getByRole('button', { name: /Keys as in/ }).click();
  await page.getByRole('option', { name: 'Premiere Pro' }).click();
  await page.getByText('Keys are as in Premiere Pro').waitFor();
  await press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await goTo('30');
  await press('Control+k');
  await expect.poll(ranges).toEqual(['0-30', '30-60', '70-110', '120-180', '180-240']);
  const edge = page.getByRole('separator', { name: 'Width of the left panels' });
  const widthOf = async () => (await page.getByRole('tabpanel', { name: /Clips/ }).boundingBox())!.width;
  const before = await widthOf();
  await edge.focus();
  await press('ArrowRight', 'ArrowRight');
  await expect.poll(widthOf).toBeCloseTo(before + 32, 0);
  await page.reload();
  await page.locator('[data-lanes]').waitFor();
  await page.getByRole('tab', { name: /Clips/ }).click();
  await expect.poll(widthOf).toBeCloseTo(before + 32, 0);
  await edge.dblclick();
  await expect.poll(widthOf).toBeCloseTo(before, 0);
  await close();
});
