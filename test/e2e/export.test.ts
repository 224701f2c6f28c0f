/** The export sheet, walked through by keys and roles to files on disk, one of which is read back. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shownSource } from '../../src/common/interchange/cut.ts';
import { rational } from '../../src/common/time/rational.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { testCard } from '../helpers/clips.ts';
import { readAny } from '../helpers/cuts.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { accessible, choose, shots, takes } from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

const home = usedHome();
const at = (name: string) => join(home.path, name);
const take = at('Shot 1 1.mov');
let app: RunningApp;

beforeAll(async () => {
  await testCard(at('clip.mp4'), 48);
  copyFileSync(at('clip.mp4'), take);
  const report = { retake: '0.1.0', job: 'take-1', take: { path: take, bytes: statSync(take).size } };
  writeFileSync(at('Shot 1 1.report.json'), JSON.stringify(report));
  mkdirSync(at('full'));
  writeFileSync(at('full/something'), '');
  const clip = await clipRefOf(at('clip.mp4'), { frames: 48, width: 128, height: 96 });
  createProject(at('film.retake'), { ...withClip(clip, take), name: 'film' }).close();
  app = await launch({ home: home.path, args: [at('film.retake')] });
  await shots(app.page).first().focus();
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

const sheet = () => app.page.getByRole('dialog', { name: 'Export' });
const start = () => sheet().getByRole('button', { name: 'Export', exact: true });
const folder = () => sheet().getByRole('textbox', { name: /^Folder/ });

async function pick(field: RegExp, option: RegExp): Promise<void> {
  await sheet().getByRole('button', { name: field }).click();
  await app.page.getByRole('option', { name: option }).click();
}

it('opens by Ctrl+E, foresees what will be written, and says at the field what will not do', async () => {
  const { page } = app;
  await page.keyboard.press('Control+e');
  await sheet()
    .getByText(/^2 files, about/)
    .waitFor();
  await accessible(page);
  await pick(/Preset$/, /^For DaVinci Resolve/);
  await folder().fill(at('full'));
  await folder().press('Tab');
  await expect.poll(() => folder().getAttribute('aria-invalid')).toBe('true');
  await sheet()
    .getByText(/holds something/)
    .waitFor();
  expect(await start().isDisabled()).toBe(true);
  await sheet().getByRole('textbox', { name: 'Names' }).fill('{nonsense}');
  await choose(app, { open: home.path });
  await sheet()
    .getByRole('button', { name: /^Choose: Folder/ })
    .click();
  await sheet()
    .getByText(/\{nonsense\} stands for nothing/)
    .waitFor();
  await sheet().getByRole('textbox', { name: 'Names' }).fill('{project} {take}');
  await sheet()
    .getByText(/film Take 1\.mov/)
    .waitFor();
});

it('keeps a choice as a preset of the artist, which is renamed and deleted', async () => {
  const { page } = app;
  await sheet().getByRole('button', { name: 'Save as a preset…' }).click();
  await page.keyboard.type('For Anna');
  await page.keyboard.press('Enter');
  await expect
    .poll(() =>
      sheet()
        .getByRole('button', { name: /Preset$/ })
        .textContent(),
    )
    .toBe('For Anna');
  await sheet().getByRole('button', { name: 'Rename…' }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('For Bert');
  await page.keyboard.press('Enter');
  await expect
    .poll(() =>
      sheet()
        .getByRole('button', { name: /Preset$/ })
        .textContent(),
    )
    .toBe('For Bert');
  await sheet().getByRole('button', { name: 'Delete preset' }).click();
  await sheet().getByRole('button', { name: 'Save as a preset…' }).waitFor();
});

it('writes the folder, says what it holds, and what was written shows the take', async () => {
  const { page } = app;
  await start().click();
  await sheet()
    .getByText(/^Written: 2 files/)
    .waitFor({ timeout: 60_000 });
  await accessible(page);
  const out = at('film export');
  const timeline = join(out, 'film (Resolve).fcpxml');
  expect(existsSync(join(out, 'README.txt'))).toBe(true);
  const cut = await readAny(readFileSync(timeline, 'utf8'), rational(24));
  const [shown] = cut.items.flatMap((item) => (item.kind === 'clip' ? [shownSource(item)] : []));
  const { path } = cut.media[shown!.media]!;
  expect(path).toBe(join(out, 'media', 'film Take 1.mov'));
  expect(readFileSync(path).equals(readFileSync(take))).toBe(true);
  expect(readdirSync(join(out, 'media')).toSorted()).toEqual([
    'clip.mp4',
    'film Take 1.c2pa.json',
    'film Take 1.mov',
    'film Take 1.xmp',
  ]);
  await sheet().getByRole('button', { name: 'Show in folder' }).click();
  const revealed = () =>
    app.evaluate(({ shell }) => (shell as unknown as { shown: string[] }).shown.at(-1) ?? '');
  await expect.poll(revealed).toContain('film export');
  await page.keyboard.press('Escape');
  await sheet().waitFor({ state: 'detached' });
});

it('remembers the last choice, and goes on beside what is there', async () => {
  await shots(app.page).first().focus();
  await app.page.keyboard.press('Control+e');
  const names = () => sheet().getByRole('textbox', { name: 'Names' }).inputValue();
  await expect.poll(names).toBe('{project} {take}');
  expect(await folder().inputValue()).toBe(at('film export 2'));
  await sheet()
    .getByText(/^2 files, about/)
    .waitFor();
});

it('hands a take back in place: the whole clip, under its own name, in a folder beside it', async () => {
  const { page } = app;
  await page.keyboard.press('Escape');
  await sheet().waitFor({ state: 'detached' });
  await takes(page).getByRole('button', { name: 'More for Take 1' }).click();
  await page.getByRole('menuitem', { name: 'Replace the source…' }).click();
  await sheet()
    .getByText(/all 48 frames of the clip/)
    .waitFor();
  await accessible(page);
  await sheet().getByRole('button', { name: 'Write' }).click();
  await sheet()
    .getByText(/^Written: 1 file/)
    .waitFor({ timeout: 60_000 });
  expect(existsSync(join(at('Shot 1 Take 1 (Retake)'), 'clip.mov'))).toBe(true);
  expect(existsSync(at('clip.mp4'))).toBe(true);
});
