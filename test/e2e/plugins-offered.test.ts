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
const panel = (where: PanelEntry['where']): PanelEntry => ({
  ...{ id: `${id}/${where}`, label: `Colours ${where}`, plugin: { id, version, name, api: 1 }, where },
  ...{ host: 'a'.repeat(32), entry: 'index.html', reads: [], commands: [], stamp: '1' },
});
const network = (path: string, plugin: LibraryEntry['plugin']): LibraryEntry => ({
  ...{ path, kind: 'estimator', name: path.slice(1), what: 'a segmenter', role: 'segmenter' },
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
        'plugins.list': () => [entry],
        'panels.list': () => [panel('inspector'), panel('bottom')],
        'library.list': () => [network('/eyes', { id, name }), network('/own', null)],
      },
    });
    await page.getByRole('option', { name: /^Shot 1/ }).focus();
    await unfold(page, 'Mask');
    await page.getByRole('combobox', { name: 'Find the object, by a network of the library' }).click();
    await page.getByRole('option', { name: 'own' }).waitFor();
    await expect.poll(() => page.getByRole('option', { name: 'eyes' }).count()).toBe(on ? 1 : 0);
    await page.keyboard.press('Escape');
    const panels = () => page.getByRole('button', { name: /^Colours / }).allTextContents();
    await expect.poll(async () => (await panels()).length).toBe(on ? 2 : 0);
    await close();
  },
  60_000,
);
