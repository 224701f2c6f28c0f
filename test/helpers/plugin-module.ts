/** A plugin's own code, called in this process as a host calls it in another: copies both ways, both ways checked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { throwIfCancelled } from '../../src/common/errors.ts';
import type { PluginHandle } from '../../src/common/plugins/handle.ts';
import { MANIFEST_FILE, type Manifest, parseManifest } from '../../src/common/plugins/manifest.ts';
import type { Method } from '../../src/main/engine/methods/types.ts';
import { pluginMethod } from '../../src/main/engine/plugin-methods/method.ts';

type Functions = Readonly<Record<string, (...input: unknown[]) => unknown>>;
export type PluginCode = { readonly methods: Readonly<Record<string, Functions>> };

export function manifestIn(dir: string): Manifest {
  return parseManifest(readFileSync(join(dir, MANIFEST_FILE), 'utf8'));
}

export async function codeIn(dir: string): Promise<PluginCode> {
  const { default: code } = await import(pathToFileURL(join(dir, manifestIn(dir).main!)).href);
  return code as PluginCode;
}

function handleOf({ id, version, name }: Manifest, code: PluginCode): PluginHandle {
  return {
    facts: { id, version, api: 1, name },
    suites: ['sampling@1', 'frames@1'],
    async call(suite, method, of, input, options = {}) {
      throwIfCancelled(options.signal);
      const call = suite.calls[method]!;
      const given = structuredClone(call.input.parse(input)) as unknown[];
      const answer = await (code[call.on as 'methods'][of]![method]!(...given) as Promise<unknown>);
      throwIfCancelled(options.signal);
      return call.output.parse(structuredClone(answer)) as never;
    },
    stop: async () => {},
  };
}

/** One of its methods. @param code another than its own */
export function methodOf(manifest: Manifest, id: string, code: PluginCode): Method {
  const contribution = manifest.contributes.methods!.find((one) => one.id === id)!;
  const { deterministic } = contribution;
  const { id: plugin, version, name } = manifest;
  const handle = handleOf(manifest, code);
  return pluginMethod({
    ...{ contribution, suites: manifest.suites, open: async () => handle },
    plugin: { id: plugin, version, name, api: 1, files: 'as they are', deterministic },
  }) as unknown as Method;
}
