/** What enters and leaves by the window: a cut of another program becomes a project, a take is dragged to another program. */
import { copyFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, readProject } from '../../src/main/engine/project/file.ts';
import { ffmpegDoes, testCard } from '../helpers/clips.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { accessible, choose, menu, saved, shots, takes } from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

const home = usedHome();
const at = (name: string) => join(home.path, name);
const project = at('film.retake');
const take = at('Shot 1 1.mov');
let app: RunningApp;

const LIST = `TITLE: Second reel
FCM: NON-DROP FRAME

001  AX       V     C        00:00:00:06 00:00:01:00 01:00:00:00 01:00:00:18
* FROM CLIP NAME: reel.mp4

002  AX       V     C        00:00:01:00 00:00:01:12 01:00:01:00 01:00:01:12
* FROM CLIP NAME: reel.mp4
`;

beforeAll(async () => {
  mkdirSync(at('footage/day 1'), { recursive: true });
  await testCard(at('footage/day 1/reel.mp4'), 48);
  writeFileSync(at('second.edl'), LIST);
  writeFileSync(at('letter.xml'), '<letter>Dear editor</letter>');
  copyFileSync(at('footage/day 1/reel.mp4'), take);
  const report = { retake: '0.1.0', job: 'take-1', take: { path: take, bytes: statSync(take).size } };
  writeFileSync(at('Shot 1 1.report.json'), JSON.stringify(report));
  const clip = await clipRefOf(at('footage/day 1/reel.mp4'), { frames: 48, width: 128, height: 96 });
  createProject(project, { ...withClip(clip, take), name: 'film' }).close();
  app = await launch({ home: home.path, args: [project] });
  await shots(app.page).first().focus();
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

describe('a drag that leaves the window', () => {
  it('is the take as a file, with its picture; the window does not take it for a clip', async () => {
    const { page } = app;
    const row = takes(page).getByRole('row', { name: /^Take 1/ });
    const picture = row.locator('[data-state=ready]');
    await picture.waitFor({ timeout: 60_000 });
    const box = (await picture.boundingBox())!;
    await page.mouse.move(box.x + 20, box.y + 20);
    // Its icon is drawn when the pointer comes.
    await page.waitForLoadState('networkidle');
    await page.mouse.down();
    await page.mouse.move(box.x + 40, box.y + 30, { steps: 4 });
    const dragged = () =>
      app.evaluate(({ BrowserWindow }) => {
        const { webContents } = BrowserWindow.getAllWindows()[0]!;
        const [first] = (webContents as unknown as { dragged: { files: string[]; icon: object }[] }).dragged;
        return first && { files: first.files, icon: JSON.stringify(first.icon) };
      });
    await expect.poll(dragged).toMatchObject({ files: [take], icon: expect.stringContaining('image/png') });
    await page.mouse.up();
    expect(await shots(page).count()).toBe(1);
  });
});

describe('a timeline of another program', () => {
  const sheet = () => app.page.getByRole('dialog', { name: 'Open a timeline' });

  it('that is none is refused in one line, and nothing is made', async () => {
    await choose(app, { open: at('letter.xml') });
    await menu(app, 'file.openTimeline');
    await expect.poll(() => sheet().getByRole('alert').textContent()).toContain('no timeline');
    await app.page.keyboard.press('Escape');
    await sheet().waitFor({ state: 'detached' });
  });

  it('opens as a project when its clips are found and its rate is said', async () => {
    const { page } = app;
    await choose(app, { open: at('second.edl') });
    await menu(app, 'file.openTimeline');
    const lost = sheet().getByRole('region', { name: 'Clips that were not found' });
    await lost.getByText('reel.mp4').waitFor();
    const open = sheet().getByRole('button', { name: 'Open', exact: true });
    expect(await open.isDisabled()).toBe(true);
    await accessible(page);
    await lost.getByRole('textbox').fill(at('footage'));
    await page.keyboard.press('Enter');
    await lost.getByText('All clips were found.').waitFor();
    // The list leaves its rate open: the clip's is what it most likely counts at.
    await expect
      .poll(() =>
        sheet()
          .getByRole('button', { name: /Frames a second/ })
          .textContent(),
      )
      .toBe('24 fps');
    await sheet().getByRole('textbox', { name: 'Project' }).fill(at('second cut.retake'));
    await open.click();
    await page.getByRole('heading', { name: 'Second reel', exact: true, level: 1 }).waitFor();
    await expect.poll(() => shots(page).count()).toBe(3);
    const { timeline } = readProject(at('second cut.retake'));
    expect(timeline).toMatchObject([
      { kind: 'shot', start: 6, end: 24 },
      { kind: 'gap', frames: 6 },
      { kind: 'shot', start: 24, end: 36 },
    ]);
    expect(readProject(project).name).toBe('film');
  });
});

it('a folder of numbered pictures that is dropped on the window is a clip, at the rate of the timeline', async () => {
  const { page } = app;
  mkdirSync(at('frames'));
  await ffmpegDoes(...['-i', at('footage/day 1/reel.mp4'), '-frames:v', '12'], at('frames/shot.%04d.png'));
  const before = await shots(page).count();
  await page.evaluate((path) => {
    (globalThis as { droppedPaths?: object }).droppedPaths = { frames: path };
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'frames'));
    for (const type of ['dragover', 'drop'])
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }, at('frames'));
  await expect.poll(() => shots(page).count(), { timeout: 60_000 }).toBe(before + 1);
  await saved(page);
  const { clips } = readProject(at('second cut.retake'));
  const [pictures] = Object.values(clips).filter(({ path }) => path.endsWith('shot.####.png'));
  expect(pictures).toMatchObject({ frames: 12, rate: { num: 24, den: 1 } });
});
