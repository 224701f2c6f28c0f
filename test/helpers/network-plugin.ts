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

/** One that lies in the folder of plugins, beside those that are on already. */
export function switchOn(home: string, id: string): void {
  const file = join(home, 'plugins', 'plugins.json');
  const before = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { plugins: object[] }).plugins
    : [];
  writeFileSync(file, JSON.stringify({ plugins: [...before, { id, on: true, granted: {} }] }));
}
