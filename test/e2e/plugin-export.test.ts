/** A plugin's timeline format in the export sheet: seen with its name, asked what it asks for, and its file written. */
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { testCard } from '../helpers/clips.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { accessible, shots } from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

const SHOT_LIST = resolve(import.meta.dirname, '../../examples/plugins/shot-list-csv');
const home = usedHome();
const at = (name: string) => join(home.path, name);
let app: RunningApp;

beforeAll(async () => {
  await testCard(at('clip.mp4'), 48);
  const take = at('Shot 1 1.mov');
  copyFileSync(at('clip.mp4'), take);
  const report = { retake: '0.1.0', job: 'take-1', take: { path: take, bytes: statSync(take).size } };
  writeFileSync(at('Shot 1 1.report.json'), JSON.stringify(report));
  const clip = await clipRefOf(at('clip.mp4'), { frames: 48, width: 128, height: 96 });
  createProject(at('film.retake'), { ...withClip(clip, take), name: 'film' }).close();
  await new Plugins({ dir: at('data/plugins'), contributors: [] }).develop(SHOT_LIST, true);
  app = await launch({ home: home.path, args: [at('film.retake')] });
  await shots(app.page).first().focus();
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

it('is offered beside the formats of Retake, and what it wrote is there', async () => {
  const { page } = app;
  const sheet = page.getByRole('dialog', { name: 'Export' });
  await page.keyboard.press('Control+e');
  const format = sheet.getByRole('checkbox', { name: /Shot list · shots\.csv/ });
  await format.waitFor({ state: 'attached' });
  expect(await sheet.getByText(/By the plugin Shot list \(CSV\)/).count()).toBe(1);
  await sheet.getByText(/Shot list · shots\.csv/).click();
  await expect.poll(() => format.isChecked()).toBe(true);
  const asked = sheet.getByRole('group', { name: 'Shot list' });
  await asked.getByRole('button', { name: /Between cells/ }).click();
  await page.getByRole('option', { name: 'Semicolon' }).click();
  await accessible(page);
  await sheet.getByRole('textbox', { name: /^Folder/ }).fill(at('out'));
  await sheet.getByRole('textbox', { name: 'Names' }).fill('{shot} {org.example.shot-list/prompt}');
  await sheet.getByText(/Shot 1 a red car\.mov/).waitFor();
  await sheet.getByRole('button', { name: 'Export', exact: true }).click();
  await sheet.getByText(/^Written: 2 files/).waitFor({ timeout: 60_000 });
  await sheet.getByText('film shots.csv').waitFor();
  expect(readFileSync(at('out/film shots.csv'), 'utf8')).toContain(
    '1;Shot 1;01:00:00:00;01:00:01:00;24;1.000;yes;Take 1;',
  );
});
