/** Plugins that run where they lie, as an artist's Retake knows them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param data the data folder, RETAKE_HOME @param folders of plugins */
export function developPlugins(data: string, folders: readonly string[]): void {
  const plugins = folders.map((folder) => {
    const { id } = JSON.parse(readFileSync(join(folder, 'retake-plugin.json'), 'utf8')) as { id: string };
    return { id, on: true, developer: { folder, granted: {} } };
  });
  mkdirSync(join(data, 'plugins'), { recursive: true });
  writeFileSync(join(data, 'plugins', 'plugins.json'), JSON.stringify({ format: 1, plugins }));
}
