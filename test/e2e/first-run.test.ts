/** The first minute: the example is there, and one key renders it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoBundle, prompt, RENDER_MS, shots } from './desk.ts';
import { launch } from './launch.ts';
import { freshHome, ROOT, type RunningApp } from './running-app.ts';

const described = existsSync(join(ROOT, 'resources/demo/demo.json'));

describe.skipIf(!demoBundle() || !described)('a first start', () => {
  const home = freshHome();
  let app: RunningApp;
  beforeAll(async () => {
    app = await launch({ home: home.path });
  });
  afterAll(async () => {
    await app?.kill();
    home.remove();
  });

  it('opens the example with its edit written out', async () => {
    await shots(app.page).first().waitFor({ timeout: 60_000 });
    await expect.poll(() => prompt(app.page).inputValue()).not.toBe('');
    // What was left out to render soon is said, and what the render takes.
    await app.page
      .getByText(/the example edits frames 0 to 31 of its clip in 10 steps/)
      .first()
      .waitFor();
    await app.page
      .getByText(/970 calls of the model/)
      .first()
      .waitFor();
  });

  it('renders it on one key', async () => {
    await app.page.keyboard.press('Control+Enter');
    // All of its frames would take minutes on a small machine; short takes are rendered to their end elsewhere.
    const badge = app.page.getByText(/Rendering [1-9]\d* %/).first();
    await badge.waitFor({ timeout: RENDER_MS });
  });

  it('opens the same example again, and not a new one', async () => {
    await prompt(app.page).fill('a green ball on the moon');
    await app.quit();
    app = await launch({ home: home.path });
    await app.page.getByRole('button', { name: /Open the example/ }).click();
    await shots(app.page).first().waitFor();
    await expect.poll(() => prompt(app.page).inputValue()).toBe('a green ball on the moon');
  });
});
