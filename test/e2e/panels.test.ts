/** A panel of a plugin is seen in the inspector, tells what the frame is, and does what it is allowed to: the palette, clicked. */
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffmpegDoes } from '../helpers/clips.ts';
import { developPlugins } from '../helpers/developed.ts';
import { accessible, importClip, menu, newProject, prompt, shots } from './desk.ts';
import { unfold } from './folds.ts';
import { launch } from './launch.ts';
import { ROOT, type RunningApp, usedHome } from './running-app.ts';
import { atRest, pixelsOnScreen } from './screen.ts';

/** Two halves of one colour each; a second picture of two others follows. */
const FIRST = ['#c83232', '#3264c8'];
const SECOND = ['#1e1e1e', '#e6dc96'];
const HALF = 12;

describe('the palette of the frame', () => {
  const home = usedHome();
  const folder = join(home.path, 'palette');
  const entry = join(folder, 'panel/index.html');
  let app: RunningApp;

  beforeAll(async () => {
    cpSync(join(ROOT, 'examples/plugins/palette'), folder, { recursive: true });
    developPlugins(join(home.path, 'data'), [folder]);
    const colour = (hex: string, height: number) =>
      `color=c=0x${hex.slice(1)}:s=160x${height}:r=24:d=${HALF / 24},format=gbrp`;
    const stacked = (pair: string[], name: string) =>
      `${colour(pair[0]!, 90)}[${name}a];${colour(pair[1]!, 30)}[${name}b];[${name}a][${name}b]vstack[${name}]`;
    const clip = join(home.path, 'colours.mkv');
    // Without loss, so that the colours are these to the bit.
    await ffmpegDoes(
      ...['-filter_complex', `${stacked(FIRST, 'x')};${stacked(SECOND, 'y')};[x][y]concat=n=2[out]`],
      ...['-map', '[out]', '-c:v', 'ffv1', '-pix_fmt', 'gbrp', clip],
    );
    app = await launch({ home: home.path });
    await newProject(app, join(home.path, 'colours.retake'));
    await importClip(app, clip);
  });
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });

  const palette = () => app.page.frameLocator('iframe[title="Palette of the frame"]');
  const hexes = () => palette().locator('code').allTextContents();

  it('is in the menu of panels, which unfolds it', async () => {
    await app.page.getByRole('tab', { name: 'Scopes' }).click();
    const id = 'panel:org.example.palette/palette';
    await expect
      .poll(() => app.evaluate(({ Menu }, id) => Menu.getApplicationMenu()?.getMenuItemById(id)?.label, id))
      .toBe('Palette of the frame');
    await app.evaluate(({ Menu }, id) => Menu.getApplicationMenu()?.getMenuItemById(id)?.click(), id);
    await expect.poll(hexes).toEqual(FIRST);
    await unfold(app.page, 'Palette of the frame');
  });

  it('has the colours of the picture on the screen, by their shares', async () => {
    // It came into sight by itself.
    const bar = (await palette().locator('#bar').boundingBox())!;
    const footer = (await app.page.getByRole('button', { name: /^Render/ }).boundingBox())!;
    expect(bar.y + bar.height).toBeLessThan(footer.y);
    const rgb = await pixelsOnScreen(app.page, bar, { width: 8, height: 1 });
    const at = (x: number) => `#${Buffer.from(rgb.slice(3 * x, 3 * x + 3)).toString('hex')}`;
    // Three quarters and one.
    expect([at(1), at(4), at(7)]).toEqual([FIRST[0], FIRST[0], FIRST[1]]);
    expect(await palette().locator('small').allTextContents()).toEqual(['75 %', '25 %']);
  });

  it('follows the playhead', async () => {
    await shots(app.page).first().focus();
    await app.page.keyboard.press('End');
    await expect.poll(hexes).toEqual(SECOND);
    await app.page.keyboard.press('Home');
    await expect.poll(hexes).toEqual(FIRST);
  });

  it('asks before it changes the prompt, and is undone as anything else', async () => {
    await palette().getByRole('button', { name: 'Add red to the prompt' }).click();
    const asked = app.page.getByRole('alertdialog', { name: 'What Palette of the frame may do' });
    await asked.getByText('wants to add words to the prompt').waitFor();
    expect(await prompt(app.page).inputValue()).toBe('');
    await accessible(app.page);
    await asked.getByRole('button', { name: 'Allow' }).click();
    await expect.poll(() => prompt(app.page).inputValue()).toBe('red');
    // Asked once.
    await palette().getByRole('button', { name: 'Add blue to the prompt' }).click();
    await expect.poll(() => prompt(app.page).inputValue()).toBe('red, blue');
    await shots(app.page).first().focus();
    await app.page.keyboard.press('Control+z');
    await expect.poll(() => prompt(app.page).inputValue()).toBe('red');
  });

  it('has the keys when it is clicked, and gives them back for Escape', async () => {
    await shots(app.page).first().focus();
    // A pointer that is driven does not tell the window where it is, so that the click alone says who is meant.
    await atRest(app.page);
    await palette().getByRole('button', { name: 'Copy #c83232' }).click();
    await app.page.getByText('Copied #c83232').waitFor();
    // The window's own keys stay out of it.
    await app.page.keyboard.press('m');
    await app.page.keyboard.press('Escape');
    await app.page.keyboard.press('ArrowRight');
    await app.page.locator('[data-shown-frame="1"]').waitFor();
    await app.page.getByRole('tab', { name: 'Markers' }).click();
    expect(await app.page.getByRole('tab', { name: 'Markers' }).textContent()).toBe('Markers ');
    await app.page.getByRole('tab', { name: 'Takes' }).click();
  });

  it('looks like the window', async () => {
    const colour = await palette()
      .locator('code')
      .first()
      .evaluate((one) => getComputedStyle(one).color);
    const own = await app.page
      .getByRole('tab', { name: 'Inspector' })
      .evaluate((one) => getComputedStyle(one).color);
    expect(colour).toBe(own);
  });

  it('is read again from a developer folder on demand', async () => {
    const page = readFileSync(entry, 'utf8');
    writeFileSync(entry, page.replace('</body>', '<footer>Mended</footer></body>'));
    await menu(app, 'view.plugins');
    const manager = app.page.getByRole('dialog', { name: 'Plugins' });
    await manager.getByRole('option', { name: /^Palette/ }).click();
    await manager.getByRole('button', { name: 'Reload' }).click();
    await palette().getByText('Mended').waitFor();
    await app.page.keyboard.press('Escape');
    await expect.poll(hexes).toEqual(FIRST);
  });

  it('says that it did not start where its page is away, and starts again when asked to', async () => {
    const header = app.page
      .getByRole('heading', { level: 2 })
      .getByRole('button', { name: /^Palette of the frame/ });
    await header.press('Enter');
    await app.page.locator('iframe').waitFor({ state: 'detached' });
    renameSync(entry, `${entry}.away`);
    await app.page.clock.install();
    await header.press('Enter');
    await app.page.getByText('Loading Palette of the frame…').waitFor();
    await app.page.clock.fastForward(11_000);
    const said = app.page.getByRole('alert').filter({ hasText: 'was stopped' });
    await expect
      .poll(() => said.textContent())
      .toMatch(/^Palette of the frame was stopped. It did not start./);
    await accessible(app.page);
    renameSync(`${entry}.away`, entry);
    await said.getByRole('button', { name: 'Start again' }).click();
    await expect.poll(hexes).toEqual(FIRST);
  });
});
