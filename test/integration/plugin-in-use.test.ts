/** A method of an installed plugin while it renders: nothing is changed under it here, and what another Retake changes damages nothing. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isInUse } from '../../src/common/plugins/in-use.ts';
import { methods } from '../../src/main/engine/methods/registry.ts';
import { PluginKeeper } from '../../src/main/engine/plugins/install/keeper.ts';
import { openPackage } from '../../src/main/engine/plugins/install/package.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { makeWorld, movingClip } from '../helpers/cli.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { runHere } from '../helpers/running-plugins.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const ID = 'org.example.sealed';

/** The fixture under an id of its own. */
function made(version: string): string {
  const folder = join(tempFolder(), 'made');
  cpSync(join(import.meta.dirname, '../fixtures/plugins/carry-over'), folder, { recursive: true });
  const file = join(folder, 'retake-plugin.json');
  const text = readFileSync(file, 'utf8').replace('org.example.carry-over', ID).replace('1.0.0', version);
  writeFileSync(file, text);
  return folder;
}

test('a render keeps its plugin as it is, or fails by name and goes on once that one is back', async () => {
  const world = await makeWorld();
  const clip = await movingClip(join(world.dir, 'clip.mov'), { size: '100x56', frames: 3, sound: false });
  const here = await runHere(world.home);
  onTestFinished(async () => {
    await here.plugins.remove(ID);
    here.plugins.stop();
    await here.stop();
    world[Symbol.dispose]();
  });
  const [old, newer] = [made('1.0.0'), made('1.1.0')];
  const install = async (folder: string) =>
    here.plugins.install(folder, (await here.plugins.look(folder)).consent);
  /** What another Retake does on the same folder, which knows nothing of renders here. */
  const elsewhere = async (change: (keeper: PluginKeeper) => Promise<void>) => {
    await change(new PluginKeeper(join(world.home, 'plugins')));
    await here.plugins.refresh();
  };
  const settings = settingsWith({
    ...{
      clip,
      bundle: world.bundle,
      out: join(world.out, 'take.mov'),
      sourcePrompt: 'a car',
      prompt: 'a swan',
    },
    ...{ steps: 4, refinement: 0, size: 64, provider: 'cpu', method: `${ID}/mix`, anchor: 1 },
  });
  async function sample({ dir = tempFolder(), during = async () => {} } = {}) {
    const context = contextWith({ dir });
    await using shot = await prepareShot(settings, context, true);
    const derived = await derive(shot, context);
    let visits = 0;
    const sampled = await sampleShot(shot, derived, {
      ...context,
      async onGlimpse() {
        if (++visits === 5) await during();
      },
    });
    return { ...sampled, warnings: context.warnings };
  }

  await install(old);
  const whole = await sample();
  expect(isInUse(ID)).toBe(false);

  const refusals: unknown[] = [];
  const during = async () => {
    const tries = [
      install(newer),
      here.plugins.remove(ID),
      here.plugins.enable(ID, false),
      here.plugins.develop(newer, true),
    ];
    for (const one of await Promise.allSettled(tries)) refusals.push(one.status === 'rejected' && one.reason);
  };
  expect((await sample({ during })).latents).toEqual(whole.latents);
  expect(refusals).toEqual(
    Array(4).fill(expect.objectContaining({ code: 'plugin-busy', message: `a render uses ${ID} right now` })),
  );

  // Another Retake replaces it: the render goes on with what it has loaded.
  const replaced = await sample({
    during: () => elsewhere(async (keeper) => keeper.install(await openPackage(newer))),
  });
  expect(replaced.latents).toEqual(whole.latents);
  await here.plugins.refresh();
  expect(methods.ownerOf(`${ID}/mix`)?.version).toBe('1.1.0');
  await install(old);

  // What it has loaded ends, too: nothing of the other version is taken for it.
  for (const change of [
    async (keeper: PluginKeeper) => keeper.install(await openPackage(newer)),
    (keeper: PluginKeeper) => keeper.remove(ID),
  ]) {
    const dir = tempFolder();
    const failed = sample({
      dir,
      async during() {
        await elsewhere(change);
        await here.stop();
      },
    });
    await expect(failed).rejects.toMatchObject({
      code: 'plugin-failed',
      message: expect.stringMatching(/another Retake replaced or removed it/),
    });
    await here.plugins.refresh();
    await install(old);
    const resumed = await sample({ dir });
    expect(resumed.resumedFrom).not.toBeNull();
    expect(resumed.latents).toEqual(whole.latents);
  }
});
