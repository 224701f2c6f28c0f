/** Installs, updates and removes one plugin over and over, saying each that is done: to be killed, or beside another. */
import { writeSync } from 'node:fs';
import { AppError } from '../../src/common/errors.ts';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';

const [dir = '', id = '', rounds = '', ...packages] = process.argv.slice(2);
const plugins = new Plugins({ dir, contributors: [] });
const consents = await Promise.all(packages.map(async (path) => (await plugins.look(path)).consent));
writeSync(1, 'ready\n');
for (let round = 0; round < Number(rounds); round++) {
  for (const [i, path] of packages.entries()) {
    await plugins.install(path, consents[i]!);
    writeSync(1, `${i}\n`);
  }
  try {
    await plugins.remove(id);
  } catch (error) {
    // Another one was first.
    if (!(error instanceof AppError) || error.code !== 'plugin-missing') throw error;
  }
  writeSync(1, 'removed\n');
}
plugins.stop();
