/** Plugins in every state of the window: the list, the sheet before an installation, what is missing, panels, the export. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../src/common/plugins/manifest.ts';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { manifestWith, packed, unpacked } from '../helpers/plugin.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { choose, menu, pictureShown, shots } from './desk.ts';
import { unfold } from './folds.ts';
import { launch } from './launch.ts';
import { ROOT, type RunningApp, usedHome } from './running-app.ts';
import { state } from './screen-states.ts';

const EXAMPLES = join(ROOT, 'examples/plugins');
const LONG = 'Everything that a colourist of the second unit could ever wish for, and more';
const LONG_ID = `org.${'of-a-very-long-name-'.repeat(4)}company`;

const method = (label: string): Manifest['contributes'] =>
  ({
    methods: [
      {
        ...{ id: 'soft', label, summary: 'Blurs what flickers from frame to frame and leaves edges alone.' },
        params: {
          type: 'object',
          properties: {
            radius: { type: 'integer', default: 3, title: 'Radius', minimum: 1, maximum: 9 },
            gentle: { type: 'boolean', default: true, title: 'Gentle at edges' },
          },
        },
        ...{ hooks: ['gather'], attention: 'own', deterministic: true },
      },
    ],
  }) as Manifest['contributes'];

/** All that a plugin can ask for, with reasons as makers write them. */
const PERMISSIONS = {
  network: {
    hosts: ['api.example.org', 'reels.archive.example.org', 'cdn.example.net'],
    reason: 'It looks up the names of camera reels in the archive of your company.',
  },
  read: { reason: 'It reads a look-up table that you point to.' },
  write: { reason: 'It writes a log beside the take, so that the assistant can follow what was done to it.' },
};

const soft = (other: object = {}) =>
  manifestWith({
    ...{ id: 'org.example.soft', name: 'Soft blur', tier: 'process', suites: ['sampling@1'] },
    ...{ summary: 'Takes the flicker out of grass, water and hair.', author: 'Ada Example' },
    ...{ permissions: PERMISSIONS, contributes: method('Soft blur'), ...other },
  });

/** Two shots of one film: the first has a take, the second a method of a plugin that is nowhere. */
async function film(at: (...names: string[]) => string): Promise<void> {
  const [clip, take] = [at('beach.mp4'), at('Shot 1 1.mov')];
  for (const path of [clip, take]) copyFileSync(join(ROOT, 'resources/demo/clip.mp4'), path);
  const report = { retake: '0.1.0', job: 'take-1', take: { path: take, bytes: statSync(take).size } };
  writeFileSync(at('Shot 1 1.report.json'), JSON.stringify(report));
  const ref = await clipRefOf(clip, { name: 'beach.mp4', frames: 96, width: 256, height: 256 });
  const document: ProjectDocument = { ...withClip(ref, take), name: 'Beach film' };
  const [first] = document.timeline;
  if (first?.kind !== 'shot') throw new Error('the film has no shot');
  const settings = structuredClone(first.settings);
  settings.method = { id: `${LONG_ID}/guided-by-the-motion`, params: { radius: 5, gentle: true } };
  document.timeline.push({
    ...{ ...first, settings, id: 'shot-2', name: 'Shot 2', takeId: null },
    ...{ start: 24, end: 48, anchors: [30], leadAnchor: 30 },
  });
  createProject(at('Beach film.retake'), document).close();
}

const writes = (label: string) => ({
  contributes: { exporters: [{ id: 'list', label, programs: 'Excel', ending: ` ${label}.csv` }] },
});

/** As many as a busy artist has, with all kinds of trouble. */
async function installMany(data: string, at: (...names: string[]) => string): Promise<void> {
  const plugins = new Plugins({ dir: join(data, 'plugins'), contributors: [] });
  const install = async (name: string, other: object) => {
    const path = await packed(at(`${name}.zip`), other);
    await plugins.install(path, (await plugins.look(path)).consent);
  };
  await install('ale', {});
  await install('long', { id: LONG_ID.replace('company', 'other'), name: LONG.slice(0, 60), author: LONG });
  for (const name of ['Grain', 'Halation', 'Night for day', 'Reel names', 'Slates', 'Titles'])
    await install(name, {
      id: `org.example.${name.toLowerCase().replaceAll(' ', '-')}`,
      name,
      ...writes(name),
    });
  await plugins.enable('org.example.grain', false);
  await plugins.disable('org.example.titles', 'It stopped three times in ten minutes.');
  await plugins.develop(await unpacked(at('soft'), soft()), true);
  const broken = await unpacked(at('broken'), manifestWith({ id: 'org.example.warp', name: 'Warp' }));
  await plugins.develop(broken, true);
  writeFileSync(join(broken, 'retake-plugin.json'), '{ "manifest": 1, "id": "org.example.warp", "tier": 7 }');
  for (const name of ['palette', 'shot-list-csv']) await plugins.develop(join(EXAMPLES, name), true);
  const below = at('palette-below');
  cpSync(join(EXAMPLES, 'palette'), below, { recursive: true });
  const file = join(below, 'retake-plugin.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  manifest.id = 'org.example.palette-below';
  manifest.name = 'Colours of the film';
  manifest.contributes.panels[0].where = 'bottom';
  writeFileSync(file, JSON.stringify(manifest));
  await plugins.develop(below, true);
}

export async function pluginStates(): Promise<void> {
  const home = usedHome();
  const at = (...names: string[]) => join(home.path, ...names);
  await film(at);
  mkdirSync(at('data', 'plugins'), { recursive: true });
  let app: RunningApp = await launch({ home: home.path });
  const close = () => app.page.keyboard.press('Escape');
  const manager = () => app.page.getByRole('dialog', { name: 'Plugins' });
  const consent = () => app.page.getByRole('dialog', { name: 'Install a plugin' });
  const row = (name: string | RegExp) => manager().getByRole('option', { name });
  const look = async (path: string, button: string) => {
    if (!(await manager().isVisible())) await menu(app, 'view.plugins');
    await choose(app, { open: path });
    await manager().getByRole('button', { name: button }).first().click();
    await consent().locator('dl').waitFor();
  };
  await state(app, 'no plugins', async () => {
    await menu(app, 'view.plugins');
    await manager().getByText('No plugins yet.').waitFor();
  });
  await app.quit();

  await installMany(at('data'), at);
  app = await launch({ home: home.path, args: [at('Beach film.retake')] });
  await state(app, 'plugins, one is missing', async () => {
    await pictureShown(app.page);
    await menu(app, 'view.plugins');
    await row(/^Avid log/).waitFor();
  });
  await state(app, 'plugin switched off by Retake', () => row(/^Titles/).click());
  await state(app, 'plugin that cannot be read', () => row(/^org\.example\.warp/).click());
  await state(app, 'plugin in a developer folder', () => row(/^Soft blur/).click());
  await state(app, 'plugin of a long name', () => row(/^Everything/).click());
  await state(app, 'plugin about to be removed', async () => {
    await row(/^Avid log/).click();
    await manager().getByRole('button', { name: 'Remove…' }).click();
  });
  await state(app, 'consent to a script', async () => {
    const slates = { id: 'org.example.reels', name: 'Camera reels', author: 'Ada Example' };
    await look(await packed(at('reels.zip'), slates), 'Install a file…');
  });
  await consent().getByRole('button', { name: 'Cancel' }).click();
  await state(app, 'consent to a process', async () => {
    const strong = { ...soft({ id: 'org.example.strong', name: 'Strong blur' }), files: undefined };
    await look(await unpacked(at('strong'), strong), 'Install a folder…');
  });
  await consent().getByRole('button', { name: 'Cancel' }).click();
  await state(app, 'consent to an update', async () => {
    const more = { version: '2.0.0', author: 'Somebody else', tier: 'process', permissions: PERMISSIONS };
    await look(await packed(at('more.zip'), more as object), 'Install a file…');
  });
  await state(app, 'consent refused', async () => {
    await consent().getByRole('button', { name: 'Cancel' }).click();
    const lie = { 'index.js': `sha256-${'A'.repeat(43)}=` };
    const path = await packed(at('lies.zip'), { id: 'org.example.lies', name: 'Lies', files: lie });
    await look(path, 'Install a file…');
    await consent().getByRole('button', { name: 'Install', exact: true }).click();
    await consent()
      .getByText(/index\.js/)
      .waitFor();
  });
  // A sheet that goes gives the focus to a button whose tooltip is what the next Escape closes.
  await close();
  await consent().waitFor({ state: 'detached' });
  await manager().getByRole('button', { name: 'Close' }).click();
  await manager().waitFor({ state: 'detached' });
  await state(app, 'missing plugin in the inspector', async () => {
    // A sheet that goes takes the focus back to where it came from.
    await app.page.getByRole('dialog').waitFor({ state: 'detached' });
    await shots(app.page).nth(1).focus();
    await unfold(app.page, 'Method');
    await app.page.getByRole('note', { name: 'Method that is away' }).scrollIntoViewIfNeeded();
  });
  await shots(app.page).first().focus();
  await app.page.keyboard.press('Home');
  const panel = app.page.frameLocator('iframe[title="Palette of the frame"]');
  await state(app, 'panel in the inspector', async () => {
    await unfold(app.page, 'Palette of the frame');
    await panel.locator('code').first().waitFor();
    await app.page.locator('iframe').first().scrollIntoViewIfNeeded();
  });
  await state(app, 'panel at the bottom', async () => {
    await app.page
      .getByRole('region', { name: 'Panels of plugins' })
      .getByRole('button', { name: 'Palette of the frame' })
      .last()
      .click();
    await app.page.locator('iframe').nth(1).waitFor();
    await app.page.frameLocator('iframe >> nth=1').locator('code').first().waitFor();
  });
  await state(app, 'export by a plugin', async () => {
    await app.page.keyboard.press('Control+e');
    const sheet = app.page.getByRole('dialog', { name: 'Export' });
    await sheet.getByText(/Shot list · shots\.csv/).click();
    await sheet.getByRole('group', { name: 'Shot list' }).scrollIntoViewIfNeeded();
    await app.page.waitForTimeout(1_500);
  });
  await app.quit();
  home.remove();
}
