/** Panels and estimators of a plugin are offered where the project has it on, and not where it has it off for itself. */
import { afterAll, expect, it } from 'vitest';
import type { LibraryEntry } from '../../src/common/contract/library.ts';
import type { PanelEntry } from '../../src/common/contract/panels.ts';
import { manifestSchema } from '../../src/common/plugins/manifest.ts';
import { closeBrowser, openPage } from '../helpers/page.ts';
import { manifestWith } from '../helpers/plugin.ts';
import { projectOf } from '../helpers/projects.ts';
import { unfold } from './folds.ts';

afterAll(closeBrowser);

const manifest = manifestSchema.parse(manifestWith());
const { id, name, version } = manifest;
const entry = {
  ...{ id, name, version, manifest, path: `/plugins/${id}`, developer: false },
  ...{ on: true, disabled: null, problems: [] },
};
const other = { ...entry, id: 'org.example.other', path: '/plugins/org.example.other' };
const panel = (where: PanelEntry['where'], { id } = entry): PanelEntry => ({
  ...{ id: `${id}/${where}`, label: `Colours ${where}`, plugin: { id, version, name, api: 1 }, where },
  ...{ host: 'a'.repeat(32), entry: 'index.html', reads: [], commands: [], stamp: '1' },
});
const network = (name: string, plugin: LibraryEntry['plugin']): LibraryEntry => ({
  ...{ path: `/${name}`, kind: 'estimator', name, what: 'a segmenter', role: 'segmenter' },
  ...{ builtIn: false, plugin, isDefault: false, watched: null, bytes: 1, nativeSize: null },
  ...{ words: [], picture: null, settings: {}, trial: null, state: 'ready', problems: [] },
});

it.each([true, false])(
  'on for the project: %s',
  async (on) => {
    const document = projectOf(48, [20]);
    document.plugins = { [id]: on };
    const { page, close } = await openPage({
      document,
      answers: {
        'plugins.list': () => [entry, other],
        'panels.list': () => [panel('inspector'), panel('bottom'), panel('bottom', other)],
        'library.list': () => [network('Eyes', { id, name }), network('Mine', null)],
      },
    });
    await page.getByRole('option', { name: /^Shot 1/ }).focus();
    await unfold(page, 'Mask');
    const field = page.getByRole('combobox', { name: 'Find the object, by a network of the library' });
    await field.click();
    await field.press('ArrowDown');
    await page.getByRole('option', { name: /^Mine/ }).waitFor();
    await expect.poll(() => page.getByRole('option', { name: /^Eyes/ }).count()).toBe(on ? 1 : 0);
    await page.keyboard.press('Escape');
    const panels = () => page.getByRole('button', { name: /^Colours / }).allTextContents();
    await expect.poll(async () => (await panels()).length).toBe(on ? 3 : 1);
    await close();
  },
  60_000,
);
