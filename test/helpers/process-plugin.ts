/** A plugin of the tier "process", written by a test and run as it would be. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AppError } from '../../src/common/errors.ts';
import { manifestSchema } from '../../src/common/plugins/manifest.ts';
import { type ProcessOptions, pluginProcess } from '../../src/main/engine/plugins/process/plugin-process.ts';
import { echo1, echo2 } from './echo-suites.ts';
import { manifestWith } from './plugin.ts';
import { tempFolder } from './temp-folder.ts';

interface Written extends Partial<ProcessOptions> {
  readonly suites?: string[];
  readonly permissions?: object;
  /** Files beside index.js, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** @param code of index.js @returns the plugin, its folder, and how it broke so far */
export function processPlugin(
  code: string,
  { suites = ['echo@1'], permissions = {}, files = {}, ...options }: Written = {},
) {
  const dir = tempFolder();
  const manifest = manifestSchema.parse(
    manifestWith({
      id: 'org.example.echo',
      name: 'Echo',
      version: '1.2.0',
      tier: 'process',
      suites,
      permissions,
    }),
  );
  for (const [name, text] of Object.entries({ ...files, 'index.js': code })) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const crashes: string[] = [];
  const plugin = pluginProcess(
    {
      facts: { id: manifest.id, version: manifest.version, api: 1, name: manifest.name },
      ...{ manifest, dir, granted: manifest.permissions },
    },
    {
      offered: [echo1, echo2],
      onCrash: ({ message }: AppError) => crashes.push(message),
      ...options,
    },
  );
  onTestFinished(() => plugin.stop());
  return { plugin, dir, crashes };
}
