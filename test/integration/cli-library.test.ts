/** `retake library`: the list that the desktop has, from a terminal. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorld, retake, type World } from '../helpers/cli.ts';
import { serveModel } from '../helpers/model-server.ts';
import { writeSafetensors } from '../helpers/safetensors-files.ts';

const half = (...shape: number[]) => ({ dtype: 'F16', shape });
const LORA = { 'lora_unet_mid_attn2_to_k.lora_down.weight': half(8, 768) };

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world[Symbol.dispose]());

async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await retake(['library', ...args], world);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trimEnd();
}

test('files, models and watched folders are added, listed, chosen, told and taken off', async () => {
  const folder = join(world.dir, 'loras');
  mkdirSync(folder);
  const words = { ss_tag_frequency: '{"a": {"ink": 3}}' };
  const ink = writeSafetensors(join(folder, 'ink.safetensors'), LORA, words);
  expect(await said('add', world.bundle, folder)).toBe(
    `bundle: model, Stable Diffusion\n${folder} is watched`,
  );
  await said('default', world.bundle);
  const list = await said('list');
  expect(list).toMatch(/^\* +model +bundle +Stable Diffusion /m);
  expect(list).toMatch(/^ +LoRA +ink +Stable Diffusion 1.x /m);
  expect(list).toContain(`watched: ${folder} (1 found)`);
  expect(await said('facts', ink)).toMatch(/Rank +8\n(.*\n)*Trigger words +ink$/);
  const { entries } = JSON.parse(await said('list', '--kind', 'lora', '--json')) as { entries: object[] };
  expect(entries).toMatchObject([{ name: 'ink', watched: folder, words: ['ink'] }]);
  await said('remove', folder);
  expect(await said('list', '--kind', 'lora')).not.toContain('ink');
  const refused = await retake(['library', 'add', join(world.dir, 'none')], world);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^retake: adding none: .*no such folder or file.*\n$/);
});

test('a repository is looked into and fetched, and then in the list', async () => {
  const dir = join(world.dir, 'served');
  mkdirSync(dir);
  writeSafetensors(join(dir, 'pytorch_lora_weights.safetensors'), LORA);
  await using server = await serveModel(dir);
  server.licence = 'openrail++';
  const from = ['download', 'owner/name', '--server', server.endpoint, '--into', world.dir];
  expect(await said(...from, '--look')).toMatch(
    /^LoRA, .*, licence: openrail\+\+\n {2}pytorch_lora_weights.safetensors$/,
  );
  const { code, stdout } = await retake(['library', ...from], world);
  expect([code, stdout.trimEnd()]).toEqual([0, join(world.dir, 'loras/name.safetensors')]);
  expect(await said('list')).toContain(join(world.dir, 'loras/name.safetensors'));
  expect(await said('download')).toMatch(
    /^stable-diffusion-v1-5\/stable-diffusion-v1-5 +Stable Diffusion 1.5 /,
  );
});
