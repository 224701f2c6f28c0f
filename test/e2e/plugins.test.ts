/** Plugins at the window: a project that lacks one, installing what was looked into, switches, trouble, a developer folder, removing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PluginLogs } from '../../src/main/engine/plugins/log.ts';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { createProject, readProject } from '../../src/main/engine/project/file.ts';
import { testCard } from '../helpers/clips.ts';
import { manifestWith, packed, unpacked } from '../helpers/plugin.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { accessible, choose, menu, saved, shots } from './desk.ts';
import { drop } from './drop.ts';
import { unfold } from './folds.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

const home = usedHome();
const at = (...names: string[]) => join(home.path, ...names);
const film = at('film.retake');
const SOFT = 'org.example.soft';
let app: RunningApp;

/** What makes the method that the project needs. */
const soft = (name: string) =>
  manifestWith({
    ...{ id: SOFT, name, tier: 'process', suites: ['sampling@1'] },
    permissions: { read: { reason: 'It reads a look-up table.' } },
    contributes: {
      methods: [
        {
          ...{ id: 'soft', label: 'Soft blur', summary: 'Blurs what flickers.' },
          params: {
            type: 'object',
            properties: { radius: { type: 'integer', default: 3, title: 'Radius' } },
          },
          ...{ hooks: ['gather'], attention: 'own', deterministic: true },
        },
      ],
    },
  });

const SOFT_CODE = `export default {
  methods: {
    soft: {
      needs: () => ['clean'],
      runs: ({ frames }) => [{
        frames: Array.from({ length: frames }, (_, frame) => frame),
        start: { from: 'clip', strength: 0.4, noise: 'shared' },
        gather: { steps: 'all', shows: ['clean'] },
      }],
      gather: () => null,
    },
  },
};
`;

beforeAll(async () => {
  await testCard(at('clip.mp4'), 48);
  const clip = await clipRefOf(at('clip.mp4'), { frames: 48, width: 128, height: 96 });
  const document = withClip(clip);
  for (const item of document.timeline) {
    if (item.kind === 'shot') item.settings.method = { id: `${SOFT}/soft`, params: { radius: 5 } };
  }
  createProject(film, { ...document, name: 'film' }).close();
  app = await launch({ home: home.path, args: [film] });
  await shots(app.page).first().focus();
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

const messages = () => app.page.getByRole('log', { name: 'Messages' }).textContent();
const manager = () => app.page.getByRole('dialog', { name: 'Plugins' });
const consent = () => app.page.getByRole('dialog', { name: 'Install a plugin' });
const row = (name: string | RegExp) => manager().getByRole('option', { name });
const away = () => app.page.getByRole('note', { name: 'Method that is away' });
const render = () => app.page.getByRole('button', { name: /^Render/ });
const switches = () => readProject(film).plugins;

async function open(): Promise<void> {
  await menu(app, 'view.plugins');
  await manager().waitFor();
}

async function inThisProject(choice: RegExp): Promise<void> {
  await manager()
    .getByRole('button', { name: /In this project$/ })
    .click();
  await app.page.getByRole('option', { name: choice }).click();
}

it('opens a project that lacks a plugin: what is missing is named, what was set is kept, nothing takes its place', async () => {
  const { page } = app;
  await expect.poll(messages).toContain(`needs a plugin that is not installed: ${SOFT}`);
  await unfold(page, 'Method');
  await away().getByText(`${SOFT}, which is not installed`).waitFor();
  await expect.poll(() => away().textContent()).toMatch(/Radius5/);
  await page.getByText(`It needs the plugin ${SOFT}, which is not installed.`).waitFor();
  expect(await render().isDisabled()).toBe(true);
  await shots(page).first().focus();
  await page.keyboard.press('Control+Enter');
  await expect.poll(messages).toContain(`It needs the plugin ${SOFT}`);
  await accessible(page);
  // Another method is the artist's choice, and can be undone.
  await page.getByRole('button', { name: /soft Method$/ }).click();
  await page.getByRole('option', { name: /^Anchors/ }).click();
  await away().waitFor({ state: 'detached' });
  await page.keyboard.press('Control+z');
  await expect.poll(() => away().textContent()).toMatch(/Radius5/);
  await page.getByRole('button', { name: 'Plugins…' }).first().click();
  await row(new RegExp(`^${SOFT}`)).waitFor();
  await manager().getByText('the method soft').waitFor();
  await accessible(page);
});

it('shows what a .zip is and asks for, before it is installed', async () => {
  const { page } = app;
  await choose(app, { open: await packed(at('ale.zip')) });
  await manager().getByRole('button', { name: 'Install a file…' }).first().click();
  await consent().getByText('Sealed: it is given text').waitFor();
  await consent().getByText('Asks for nothing.').waitFor();
  await consent().getByText('for Avid, .ale').waitFor();
  await accessible(page);
  await consent().getByRole('button', { name: 'Install', exact: true }).click();
  await row(/^Avid log/).click();
  await manager().getByText('by Example · MIT · org.example.ale').waitFor();
  await accessible(page);
});

it('refuses one that lies about its files in one line; says what an update asks for beyond what was agreed to', async () => {
  const { page } = app;
  const lie = `sha256-${'A'.repeat(43)}=`;
  await page.keyboard.press('Escape');
  await drop(page, await packed(at('lies.zip'), { files: { 'index.js': lie } }));
  await consent().getByRole('button', { name: 'Install again' }).click();
  await consent()
    .getByText(/index\.js/)
    .waitFor();
  await page.keyboard.press('Escape');
  await consent().waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  const more = { version: '2.0.0', author: 'Somebody else', tier: 'process' as const };
  const permissions = { network: { hosts: ['api.example.org'], reason: 'It looks up reels.' } };
  await drop(page, await packed(at('more.zip'), { ...more, permissions }));
  await consent().getByText('Version 1.0.0 is installed; this is newer.').waitFor();
  await consent().getByText('It asks for more than before').waitFor();
  await consent().getByText('“It looks up reels.”').waitFor();
  await consent()
    .getByText(/the installed one is by Example/)
    .waitFor();
  await consent().getByRole('button', { name: 'Cancel' }).click();
  await row(/^Avid log/)
    .getByText('1.0.0')
    .waitFor();
});

it('is switched for all projects, and for this one by an edit that is kept and undone', async () => {
  const { page } = app;
  await row(/^Avid log/).click();
  await manager().getByRole('switch', { name: 'On for all projects' }).press('Space');
  await row(/^Avid log/)
    .getByText('off', { exact: true })
    .waitFor();
  await inThisProject(/^On/);
  await row(/^Avid log/)
    .getByText('on in this project')
    .waitFor();
  await page.keyboard.press('Escape');
  await saved(page);
  expect(switches()).toEqual({ 'org.example.ale': true });
  await page.keyboard.press('Control+z');
  await saved(page);
  await expect.poll(switches).toEqual({});
  await open();
  await row(/^Avid log/).click();
  await manager().getByRole('switch', { name: 'On for all projects' }).press('Space');
  await expect.poll(() => row(/^Avid log/).textContent()).not.toContain('off');
});

it('brings a shot alive from a developer folder, which is read again on demand', async () => {
  const { page } = app;
  const folder = await unpacked(at('soft'), soft('Soft'), { 'index.js': SOFT_CODE });
  await choose(app, { open: folder });
  await manager().getByRole('button', { name: 'Developer folder…' }).click();
  await consent().getByText('It runs from this folder').waitFor();
  await consent().getByText('“It reads a look-up table.”').waitFor();
  await accessible(page);
  await consent().getByRole('button', { name: 'Use this folder' }).click();
  await row(/^Soft/).getByText('developer folder').waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByText(`It needs the plugin ${SOFT}`).count()).toBe(0);
  await expect.poll(() => page.getByRole('spinbutton', { name: 'Radius' }).inputValue()).toBe('5');
  await expect.poll(() => away().count()).toBe(0);
  writeFileSync(join(folder, 'retake-plugin.json'), JSON.stringify(soft('Softer')));
  await open();
  await row(/^Soft/).click();
  await manager().getByRole('button', { name: 'Reload' }).click();
  await row(/^Softer/).waitFor();
});

it('says that Retake has switched one off and why; nothing that was set is lost, and one button switches it on', async () => {
  const { page } = app;
  await page.keyboard.press('Escape');
  // Another engine of this machine counts the same stops.
  const elsewhere = new Plugins({ dir: at('data', 'plugins'), contributors: [] });
  await elsewhere.disable(SOFT, 'It stopped three times in ten minutes.');
  await expect.poll(messages).toContain('Softer was switched off: It stopped three times');
  await expect.poll(() => away().textContent()).toMatch(/Softer, which cannot be used.*Radius5/);
  await page.getByRole('log').getByRole('button', { name: 'Plugins…' }).click();
  await row(/^Softer/).click();
  await manager().getByText('Retake switched it off: It stopped three times in ten minutes.').waitFor();
  await accessible(page);
  await manager().getByRole('button', { name: 'Switch it on again' }).click();
  await expect.poll(() => row(/^Softer/).textContent()).not.toContain('switched off');
  const printed = new PluginLogs(at('data', 'plugin-logs')).of(SOFT);
  printed.line('<b>radius</b> is 5');
  await printed.keep();
  const fold = manager().getByRole('button', { name: 'What it printed' });
  await fold.press('Enter');
  await manager().getByRole('region', { name: 'Printed lines' }).getByText('<b>radius</b> is 5').waitFor();
  await accessible(page);
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('spinbutton', { name: 'Radius' }).inputValue()).toBe('5');
});

it('is removed when that is meant; a developer folder stays where it is', async () => {
  await open();
  await row(/^Softer/).click();
  await manager().getByRole('button', { name: 'Stop using the folder…' }).click();
  await manager()
    .getByText(/This project uses it \(Shot 1\)/)
    .waitFor();
  await manager().getByRole('button', { name: 'Keep it' }).click();
  await row(/^Softer/).waitFor();
  await manager().getByRole('button', { name: 'Stop using the folder…' }).click();
  await manager().getByRole('button', { name: 'Stop using it' }).click();
  await row(new RegExp(`^${SOFT}`))
    .getByText('missing')
    .waitFor();
  expect(readFileSync(at('soft', 'retake-plugin.json'), 'utf8')).toContain('Softer');
  await row(/^Avid log/).click();
  await manager().getByRole('button', { name: 'Remove…' }).click();
  await manager().getByRole('button', { name: 'Remove it' }).click();
  await row(/^Avid log/).waitFor({ state: 'detached' });
  await expect.poll(messages).toContain('Avid log was removed');
});
