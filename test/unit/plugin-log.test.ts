import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PluginLogs } from '../../src/main/engine/plugins/log.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const ID = 'org.example.ale';

it('keeps the last that a plugin printed, for the next engine too, as plain text', async () => {
  const dir = join(tempFolder(), 'plugin-logs');
  const logs = new PluginLogs(dir);
  expect(await logs.read(ID)).toBe('');
  for (let line = 0; line < 20_000; line++) logs.of(ID).line(`line ${line}\u001b[2J`);
  await logs.of(ID).keep();
  const text = await new PluginLogs(dir).read(ID);
  expect(text).toBe(await logs.read(ID));
  expect(text.length).toBeLessThanOrEqual(64 * 1024);
  expect(text.endsWith('line 19998[2J\nline 19999[2J\n')).toBe(true);
  await logs.forget(ID);
  expect([await logs.read(ID), existsSync(join(dir, `${ID}.log`))]).toEqual(['', false]);
});

it('reads no more of a file than it writes, whoever put it there', async () => {
  const dir = tempFolder();
  writeFileSync(join(dir, `${ID}.log`), 'x'.repeat(2 ** 20));
  expect((await new PluginLogs(dir).read(ID)).length).toBe(64 * 1024);
});
