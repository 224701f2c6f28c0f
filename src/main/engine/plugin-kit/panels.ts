/** Panels by their files: what their window would refuse, and a page that is there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../../common/plugins/manifest.ts';
import { broken, type Checking } from './checking.ts';
import type { PluginFile } from './files.ts';
import { panelFaults } from './panel-files.ts';

/** Of one file; the window serves no larger ones. */
const LARGEST = 16 * 2 ** 20;
const READ = /\.(?:html?|css|[cm]?js)$/;

export async function checkPanels(
  checking: Checking,
  folder: string,
  { panels = [] }: Manifest['contributes'],
  files: readonly PluginFile[],
): Promise<void> {
  const known = new Set(files.map(({ path }) => path));
  for (const { id, entry } of panels)
    await checking.that(`panel ${id}: ${entry}`, () => {
      if (!known.has(entry)) throw broken('its page is not a file of the plugin');
      if (!/\.html?$/.test(entry)) throw broken('its page must end in .html');
      return '';
    });
  if (panels.length === 0) return;
  const main = new Set(panels.map(({ entry }) => entry.split('/').slice(0, -1).join('/')));
  const shown = files.filter(({ path }) =>
    [...main].some((place) => place === '' || path.startsWith(`${place}/`)),
  );
  for (const { path, bytes } of shown) {
    if (bytes > LARGEST)
      await checking.that(path, () => Promise.reject(broken('a file of a panel may have 16 MB')));
    if (!READ.test(path)) continue;
    await checking.that(path, async () => {
      const faults = panelFaults({ path, text: await readFile(join(folder, path), 'utf8') }, (one) =>
        known.has(one),
      );
      if (faults.length > 0) throw broken(faults.map((fault) => fault.slice(path.length + 2)).join('; '));
      return '';
    });
  }
}
