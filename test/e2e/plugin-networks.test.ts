/** What plugins bring to look at pictures with, in the window: a frame in words, the subject before a screen, depth for a ControlNet. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ffmpegDoes } from '../helpers/clips.ts';
import { flowGraph } from '../helpers/motion-networks.ts';
import { installNetworks, switchOn } from '../helpers/network-plugin.ts';
import { textModel } from '../helpers/onnx.ts';
import { writeModel } from '../helpers/onnx-files.ts';
import { writeTinyCaptioner } from '../helpers/tiny-captioner.ts';
import { accessible, importClip, menu, newProject, sourcePrompt } from './desk.ts';
import { unfold } from './folds.ts';
import { launch } from './launch.ts';
import { ROOT, type RunningApp, usedHome } from './running-app.ts';

const home = usedHome();
let app: RunningApp;
let plugin: string;
beforeAll(async () => {
  const estimators = (['few', 'other'] as const).map((folder) => ({
    ...{
      id: folder,
      label: folder === 'few' ? 'Few words' : 'Other words',
      role: 'captioner' as const,
      folder,
    },
  }));
  plugin = installNetworks(join(home.path, 'data'), {
    id: 'org.example.words',
    name: 'Words',
    contributes: {
      estimators: [
        ...estimators,
        { id: 'flow', label: 'Motion of small things', role: 'flow', folder: 'flow' },
      ],
    },
  });
  writeTinyCaptioner(join(plugin, 'few'), { layout: 'past' });
  writeModel(join(plugin, 'flow', 'model.onnx'), textModel(flowGraph()));
  // Its configuration is missing: it is not offered.
  rmSync(join(writeTinyCaptioner(join(plugin, 'other')), 'config.json'));
  const key = 'org.example.screen-key';
  cpSync(join(ROOT, 'examples/plugins/screen-key'), join(home.path, 'data', 'plugins', key), {
    recursive: true,
  });
  switchOn(join(home.path, 'data'), key);
  const clip = join(home.path, 'colours.mov');
  const colours = ['red', 'blue'].flatMap((name) => [
    '-f',
    'lavfi',
    '-i',
    `color=${name}:s=64x48:r=12:d=0.5`,
  ]);
  await ffmpegDoes(...colours, '-filter_complex', 'concat=n=2', '-c:v', 'qtrle', clip);
  app = await launch({ home: home.path });
  await newProject(app, join(home.path, 'film.retake'));
  await importClip(app, clip);
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

it('fills the source prompt from the first frame of the shot, and is undone', async () => {
  const { page } = app;
  const field = sourcePrompt(page);
  const describe = page.getByRole('button', { name: 'Describe the first frame', exact: true });
  await describe.waitFor();
  await field.fill('something of mine');
  await describe.click();
  await expect.poll(() => field.inputValue(), { timeout: 60_000 }).toBe('a red picture');
  await accessible(page);
  await menu(app, 'edit.undo');
  await expect.poll(() => field.inputValue()).toBe('something of mine');
  await menu(app, 'edit.redo');
  await expect.poll(() => field.inputValue()).toBe('a red picture');
  // The menu does the same to the shot in hand.
  await field.fill('');
  await menu(app, 'shot.describe');
  await expect.poll(() => field.inputValue(), { timeout: 60_000 }).toBe('a red picture');

  // Of several one is chosen.
  writeTinyCaptioner(join(plugin, 'other'), { generation: { max_new_tokens: 2 } });
  await field.fill('');
  await menu(app, 'shot.describe');
  await page.getByText('there are several captioners').waitFor();
  await page.getByRole('button', { name: 'Describe the first frame…' }).click();
  await page.getByRole('menuitem', { name: 'Other words' }).click();
  await expect.poll(() => field.inputValue(), { timeout: 60_000 }).toBe('a red');
  await page.getByText('the description was cut short').waitFor();
});

it('finds the object by a segmenter of a plugin, which has its name in the mask', async () => {
  const { page } = app;
  await unfold(page, 'Mask');
  await page.getByRole('combobox', { name: 'Find the object, by a network of the library' }).click();
  await page.getByRole('option', { name: 'Subject before a blue screen' }).click();
  const parts = page.getByRole('list', { name: 'Parts of the mask' });
  await parts.getByText('Segmenter').waitFor();
  await parts.getByText('Subject before a blue screen').waitFor();
  await accessible(page);
  await menu(app, 'edit.undo');
  await parts.waitFor({ state: 'detached' });
});

it('takes a motion estimator of a plugin for a shot, and goes back to none', async () => {
  const { page } = app;
  await unfold(page, 'Model and looks');
  const field = page.getByRole('combobox', { name: 'Motion estimator' });
  expect(await field.inputValue()).toBe('None chosen');
  // A list closes when what it belongs to is scrolled.
  await field.scrollIntoViewIfNeeded();
  await page.waitForTimeout(300);
  await field.click();
  await page.getByRole('option', { name: 'Motion of small things' }).click();
  await expect.poll(() => field.inputValue()).toBe('Motion of small things');
  await accessible(page);
  await page.getByRole('button', { name: 'Reset Motion estimator' }).click();
  await expect.poll(() => field.inputValue()).toBe('None chosen');
  await menu(app, 'edit.undo');
  await expect.poll(() => field.inputValue()).toBe('Motion of small things');
  await menu(app, 'edit.undo');
});
