/** Plugins that bring networks, as they lie in the data folder when they are installed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, manifestSchema } from '../../src/common/plugins/manifest.ts';
import { manifestWith } from './plugin.ts';

interface NetworkPlugin {
  readonly id: string;
  readonly name: string;
  readonly contributes: Pick<Manifest['contributes'], 'estimators' | 'models'>;
}

export function networkManifest({ id, name, contributes }: NetworkPlugin): Manifest {
  const { main: _, suites: __, ...plain } = manifestWith({ id, name, tier: 'data', contributes });
  return manifestSchema.parse(plain);
}

/** @returns the plugin's folder, where its networks are put. @param home of RETAKE_HOME */
export function installNetworks(home: string, plugin: NetworkPlugin): string {
  const plugins = join(home, 'plugins');
  const dir = join(plugins, plugin.id);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'retake-plugin.json'), JSON.stringify(networkManifest(plugin)));
  switchOn(home, plugin.id);
  return dir;
}

/** One that lies in the folder of plugins, beside those that are known already. */
export function switchOn(home: string, id: string, on = true): void {
  const file = join(home, 'plugins', 'plugins.json');
  const before = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { plugins: { id: string }[] }).plugins
    : [];
  const others = before.filter((one) => one.id !== id);
  // As a developer folder it lists no files, and may change.
  const developer = { folder: join(home, 'plugins', id), granted: {} };
  const plugins = [...others, { id, on, developer }];
  writeFileSync(file, JSON.stringify({ format: 1, plugins }));
}
