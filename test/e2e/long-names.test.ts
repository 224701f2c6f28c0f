/** Names of one very long word stay inside what they stand in. */
import { afterAll, expect, it } from 'vitest';
import { manifestSchema } from '../../src/common/plugins/manifest.ts';
import { closeBrowser, openPage } from '../helpers/page.ts';
import { manifestWith } from '../helpers/plugin.ts';
import { clipRef, projectOf } from '../helpers/projects.ts';

afterAll(closeBrowser);

const LONG = `${'pictures_of_the_second_unit_'.repeat(4)}%05d.exr`;
const LONG_ID = `org.${'of-a-very-long-name-'.repeat(4)}company`;

it('in the inspector, the sheet of a rate and the plugins', async () => {
  const document = projectOf(48, [20]);
  document.clips = { clip: { ...clipRef('clip', 48), path: `/footage/${LONG}`, name: LONG } };
  const [first] = document.timeline.filter((item) => item.kind === 'shot');
  first!.settings.method = { id: `${LONG_ID}/guided`, params: { radius: 3 } };
  const manifest = manifestSchema.parse(
    manifestWith({ name: LONG.slice(0, 60), author: LONG.slice(0, 110) }),
  );
  const { id, name, version } = manifest;
  const entry = { id, name, version, manifest, path: `/plugins/${LONG}`, developer: false, on: true };
  const { page, close } = await openPage({
    document,
    answers: { 'plugins.list': () => [{ ...entry, disabled: LONG, problems: [] }] },
  });
  const isInside = (box: ReturnType<typeof page.locator>) =>
    expect.poll(() => box.evaluate((one) => one.scrollWidth <= one.clientWidth)).toBe(true);
  await page.getByRole('option', { name: /^Shot 1/ }).focus();
  await isInside(page.getByRole('region', { name: 'Shot in hand' }).locator('p'));
  await page.getByRole('tab', { name: /Clips/ }).click();
  await page.getByRole('button', { name: `More for ${LONG}` }).click();
  await page.getByRole('menuitem', { name: 'Frame rate of the clip…' }).click();
  await isInside(page.getByRole('dialog', { name: 'Frame rate' }).locator('form'));
  await page.keyboard.press('Escape');
  // The shot's plugin is not installed: the picture says so, and leads to the list.
  await page.getByText(`Plugin ${LONG_ID} missing`).waitFor();
  await page.getByRole('button', { name: 'Plugins…' }).first().click();
  const about = page.getByRole('region', { name: /^About / });
  await isInside(about);
  await page.getByRole('option', { name: new RegExp(name.slice(0, 30)) }).click();
  await page.getByText(/^Retake switched it off/).waitFor();
  await isInside(about);
  await isInside(page.getByRole('dialog', { name: 'Plugins' }));
  await close();
});
