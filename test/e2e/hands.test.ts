/** Pointer and keys side by side, what is in hand and what is in sight, several shots chosen, several files at once. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { counter, ffmpegDoes, H264 } from '../helpers/clips.ts';
import { accessible, inHand, menu, newProject, prompt, shots } from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';
import { numberOnScreen } from './screen.ts';

const home = usedHome();
let app: RunningApp;

beforeAll(async () => {
  // Eight frames: too short to be cut.
  for (const [name, first] of [
    ['one.mp4', 0],
    ['two.mp4', 512],
    ['three.mp4', 256],
  ] as const) {
    await ffmpegDoes(...counter('25', 8, first), ...H264, join(home.path, name));
  }
  writeFileSync(join(home.path, 'notes.mov'), 'these are notes and no film');
  app = await launch({ home: home.path });
  await app.page.getByRole('heading', { name: 'Retake', exact: true }).waitFor();
  await newProject(app, join(home.path, 'hands.retake'));
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

const press = (key: string) => app.page.keyboard.press(key);
const shown = (frame: number) => app.page.locator(`[data-shown-frame="${frame}"]`).waitFor();
const takenInHand = (name: string) => inHand(app.page, name).waitFor();

it('imports the good files of a choice and names the bad one', async () => {
  const files = ['one.mp4', 'notes.mov', 'two.mp4', 'three.mp4'].map((name) => join(home.path, name));
  await app.evaluate(({ dialog }, files) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: files }) as never;
  }, files);
  await menu(app, 'file.import');
  await shots(app.page).nth(2).waitFor({ timeout: 60_000 });
  const message = app.page.getByText(/^notes\.mov could not be imported: /);
  await message.waitFor();
  expect(await message.count()).toBe(1);
  expect(await shots(app.page).count()).toBe(3);
});

it('has all in hand that came together, shows the last of them, then has in hand what it shows', async () => {
  await app.page.getByText('3 shots chosen').waitFor();
  await shown(16);
  expect(await numberOnScreen(app.page)).toBe(256);
  await shots(app.page).first().focus();
  await press('Escape');
  await press('Home');
  await shown(0);
  await takenInHand('one');
  for (let step = 0; step < 9; step++) await press('ArrowRight');
  await shown(9);
  await takenInHand('two');
  await shots(app.page).first().focus();
  await press('ArrowDown');
});

it('leaves the keys to the window after a click on a control', async () => {
  await press('Home');
  await shown(0);
  const scopes = app.page.getByRole('tab', { name: 'Scopes' });
  const compare = app.page.getByRole('button', { name: 'Compare A and B' });
  for (const control of [compare, compare, scopes, app.page.getByRole('button', { name: /(Fit|%) Zoom/ })]) {
    await control.click();
    // A list that opened is closed by choosing, and gives its button the focus back.
    const option = app.page.getByRole('option', { name: 'Fit', exact: true });
    if ((await control.getAttribute('aria-expanded')) === 'true') await option.click();
    await press('Home');
    await shown(0);
    await press('ArrowRight');
    await shown(1);
    await press('Space');
    await app.page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
    await press('Space');
    await app.page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  }
  expect(await compare.getAttribute('aria-pressed')).toBe('false');
  expect(await scopes.getAttribute('aria-selected')).toBe('true');
  await app.page.getByRole('tab', { name: 'Inspector' }).click();
});

it('presses a control that was reached by keys', async () => {
  const mute = app.page.getByRole('button', { name: /^Sound|no sound/ });
  await app.page.getByRole('button', { name: /(Fit|%) Zoom/ }).focus();
  // Tab comes back to where it left the toolbar, arrows go along it.
  await press('Shift+Tab');
  await press('Tab');
  await press('ArrowRight');
  expect(await mute.evaluate((element) => element === document.activeElement)).toBe(true);
  const before = await mute.locator('svg').getAttribute('class');
  await press('Space');
  await app.page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  expect(before).not.toBeNull();
  expect(await mute.evaluate((element) => element === document.activeElement)).toBe(true);
});

it('changes one field of several shots and leaves the others as they differ', async () => {
  const steps = app.page.getByRole('spinbutton', { name: 'Steps' });
  const guidance = app.page.getByRole('spinbutton', { name: 'Prompt strength' });
  for (const [frame, text, count] of [
    ['Home', 'snow', '11'],
    ['End', 'sand', '22'],
  ] as const) {
    await shots(app.page).first().focus();
    await press(frame);
    await takenInHand(frame === 'Home' ? 'one' : 'three');
    await prompt(app.page).fill(text);
    await steps.fill(count);
    await steps.press('Enter');
  }
  await shots(app.page).first().focus();
  await press('Control+a');
  await app.page.getByText('3 shots chosen').waitFor();
  expect(await steps.inputValue()).toBe('');
  expect(await steps.getAttribute('placeholder')).toBe('differs');
  expect(await prompt(app.page).inputValue()).toBe('');
  await guidance.fill('3');
  await guidance.press('Enter');
  // Passing through fields that differ changes nothing.
  await steps.focus();
  await press('Tab');
  await accessible(app.page);
  const render = app.page.getByRole('button', { name: /^Render 3 shots/ });
  const cut = await render.evaluate((button) => button.scrollWidth > button.clientWidth + 1);
  expect(cut).toBe(false);
  await shots(app.page).first().focus();
  await press('Escape');
  for (const [frame, text, count] of [
    ['Home', 'snow', '11'],
    ['End', 'sand', '22'],
  ] as const) {
    await press(frame);
    await takenInHand(frame === 'Home' ? 'one' : 'three');
    expect(await prompt(app.page).inputValue()).toBe(text);
    expect(await steps.inputValue()).toBe(count);
    expect(await guidance.inputValue()).toBe('3');
  }
});
