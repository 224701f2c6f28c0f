/** Starts the plugin of a folder, says its process, and has it loop for ever: to be killed. */
import { z } from 'zod';
import { manifestSchema } from '../../src/common/plugins/manifest.ts';
import { suite } from '../../src/common/plugins/suites.ts';
import { pluginProcess } from '../../src/main/engine/plugins/process/plugin-process.ts';
import { manifestWith } from '../helpers/plugin.ts';

const dir = process.argv[2]!;
const attack = suite('attack', 1, {
  one: { on: 'attacks', input: z.tuple([z.string(), z.object({})]), output: z.object({ said: z.number() }) },
});
const manifest = manifestSchema.parse(manifestWith({ tier: 'process', suites: ['attack@1'] }));
const facts = { id: manifest.id, version: manifest.version, api: 1, name: manifest.name };
const plugin = pluginProcess({ facts, manifest, dir, granted: {} }, { offered: [attack] });
const { said } = await plugin.call(attack, 'one', 'loud', ['pid', {}]);
void plugin.call(attack, 'one', 'loud', ['loop', {}]);
process.stdout.write(`${said}\n`);
