/** Opening, making, saving and going back: whatever fails, the project that is open stays whole. */
import { copyFileSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, readProject } from '../../src/main/engine/project/file.ts';
import { testCard } from '../helpers/clips.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { choose, menu, prompt, saved, shots, takes } from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

const home = usedHome();
const at = (name: string) => join(home.path, name);
const project = at('film.retake');
const take = at('Shot 1 1.mov');
let app: RunningApp;

beforeAll(async () => {
  await testCard(at('clip.mp4'), 48);
  copyFileSync(at('clip.mp4'), take);
  const report = { retake: '0.1.0', job: 'take-1', take: { path: take, bytes: statSync(take).size } };
  writeFileSync(at('Shot 1 1.report.json'), JSON.stringify(report));
  const clip = await clipRefOf(at('clip.mp4'), { frames: 48, width: 128, height: 96 });
  createProject(project, { ...withClip(clip, take), name: 'film' }).close();
  app = await launch({ home: home.path, args: [project] });
  await shots(app.page).first().focus();
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

const heading = (name: string) => app.page.getByRole('heading', { name, exact: true, level: 1 });
const messages = () => app.page.getByRole('log', { name: 'Messages' }).textContent();

describe('an Open and a New that fail', () => {
  it('leave the open project whole: it is saved, and a deleted take comes back by undo', async () => {
    const { page } = app;
    await takes(page).getByText('Take 1', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'More for Take 1' }).click();
    await page.getByRole('menuitem', { name: /Delete/ }).click();
    await expect.poll(() => existsSync(take)).toBe(false);

    writeFileSync(at('broken.retake'), 'this is no database at all, only a text of some length');
    await choose(app, { open: at('broken.retake') });
    await menu(app, 'file.open');
    await expect.poll(messages).toContain('broken.retake');
    writeFileSync(at('file'), '');
    await choose(app, { save: join(at('file'), 'new.retake') });
    await menu(app, 'file.new');
    await expect.poll(messages).toContain('new.retake');
    expect(await messages()).not.toMatch(/EEXIST|ENOTDIR/);
    await heading('film').waitFor();

    await shots(page).first().focus();
    await prompt(page).fill('a river of glass');
    await prompt(page).blur();
    await saved(page);
    const [shot] = readProject(project).timeline;
    expect(shot).toMatchObject({ settings: { prompts: { target: 'a river of glass' } }, takeId: null });

    await menu(app, 'edit.undo');
    await menu(app, 'edit.undo');
    await expect.poll(() => existsSync(take)).toBe(true);
    await takes(page).getByText('Take 1', { exact: true }).waitFor();
    await saved(page);
    expect(Object.keys(readProject(project).takes)).toEqual(['take-1']);
  });
});

describe('save as', () => {
  it('goes on under the new name, in the window and in the file', async () => {
    await choose(app, { save: at('second.retake') });
    await menu(app, 'file.saveAs');
    await heading('second').waitFor();
    const title = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getTitle());
    await expect.poll(title).toContain('second');
    await prompt(app.page).fill('a river of stone');
    await prompt(app.page).blur();
    await saved(app.page);
    expect(readProject(at('second.retake'))).toMatchObject({
      name: 'second',
      timeline: [{ settings: { prompts: { target: 'a river of stone' } } }],
    });
    expect(readProject(project).name).toBe('film');
  });
});

describe('backups', () => {
  it('are listed by project and time, and open as a new project', async () => {
    const { page } = app;
    await menu(app, 'file.backups');
    const dialog = page.getByRole('dialog', { name: 'Backups' });
    const film = dialog.getByRole('region', { name: 'Backups of film' });
    await film.waitFor();
    await choose(app, { save: at('from a backup.retake') });
    await film.getByRole('button', { name: 'Open…' }).first().click();
    await heading('from a backup').waitFor();
    await dialog.waitFor({ state: 'detached' });
    expect(readProject(project).name).toBe('film');
    expect(readProject(at('second.retake')).timeline).toMatchObject([
      { settings: { prompts: { target: 'a river of stone' } } },
    ]);
  });
});
