/** Tries all that a plugin promises, as Retake would use it, and packs it where all of it went well. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { KitReport } from '../../../common/contract/plugin-kit.ts';
import { RETAKE_VERSION } from '../../../common/contract/version.ts';
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import type { Manifest } from '../../../common/plugins/manifest.ts';
import { suiteId } from '../../../common/plugins/suites.ts';
import { isWithin } from '../../../common/plugins/versions.ts';
import type { InstalledPlugin } from '../plugins/installed.ts';
import type { PluginLog } from '../plugins/log.ts';
import { OFFERED } from '../plugins/offered.ts';
import { broken, Checking, recording } from './checking.ts';
import { checkFarms } from './farms.ts';
import { type PluginFiles, pluginFiles } from './files.ts';
import { readWrittenManifest } from './manifest.ts';
import { checkMethods } from './methods.ts';
import { checkNetworks } from './networks.ts';
import { packPlugin } from './pack.ts';
import { checkPanels } from './panels.ts';
import { type RecordedCall, readRecorded, sameAnswer, writeRecorded } from './recorded.ts';
import { checkExporters, checkImporters, checkNames } from './timelines.ts';

/** Starts a plugin in its tier, as the engine does. */
export type OpenPlugin = (plugin: InstalledPlugin, log: PluginLog) => PluginHandle | Promise<PluginHandle>;

interface Asked {
  readonly path: string;
  readonly record: boolean;
}

/** @throws AppError usage, plugin-invalid where there is no plugin to try; Cancelled */
export async function testPlugin(
  { path: folder, record }: Asked,
  open: OpenPlugin,
  signal: AbortSignal,
): Promise<KitReport> {
  const doing = `testing ${basename(folder)}`;
  const { manifest } = await readWrittenManifest(folder, doing);
  const checking = new Checking(signal);
  const files = await pluginFiles(folder);
  await checkFiles(checking, manifest, files);
  const { contributes } = manifest;
  const recorded = { replayed: 0, written: 0 };
  if (manifest.tier !== 'data' && checking.passed) {
    const opened: PluginHandle[] = [];
    await checking.that(`tier ${manifest.tier} speaks`, async () => {
      opened.push(await open(asInstalled(folder, manifest), checking.log));
      return opened[0]!.suites.join(', ');
    });
    const [plain] = opened;
    if (plain)
      try {
        const known = await readRecorded(folder, doing);
        const { handle, calls } = recording(plain);
        const samples = await ownSamples(folder);
        await checkExporters(checking, handle, contributes, signal);
        await checkImporters(checking, handle, contributes, samples, signal);
        await checkNames(checking, handle, contributes, signal);
        await checkMethods(checking, handle, manifest, signal);
        await checkFarms(checking, handle, contributes, signal);
        if (record && checking.passed) {
          const few = worthKeeping(calls);
          await writeRecorded(folder, few);
          recorded.written = few.length;
        } else if (!record) {
          for (const call of known) await replay(checking, plain, call, signal);
          recorded.replayed = known.length;
        }
      } finally {
        await plain.stop();
      }
  }
  await checkPanels(checking, folder, contributes, files.packed);
  await checkNetworks(checking, folder, contributes, signal);
  const { id, version, tier } = manifest;
  const { checks, passed } = checking;
  return { id, version, tier, checks, recorded, passed, packed: passed ? await packPlugin(folder) : null };
}

async function checkFiles(checking: Checking, manifest: Manifest, { packed }: PluginFiles): Promise<void> {
  const { main, engines, contributes, permissions } = manifest;
  await checking.that('manifest', () => {
    if (!isWithin(RETAKE_VERSION, engines.retake))
      throw broken(`"engines.retake" is ${engines.retake}, and this is Retake ${RETAKE_VERSION}`);
    return Object.entries(contributes)
      .map(([kind, list]) => `${list.length} ${kind}`)
      .join(', ');
  });
  const asked = Object.entries(permissions).map(([what, { reason }]) => `${what}: "${reason}"`);
  if (asked.length > 0) checking.left('permissions', `the artist will read ${asked.join('; ')}`);
  await checking.that('files', () => {
    const has = (file: string) => packed.some(({ path }) => path === file || path.startsWith(`${file}/`));
    const folders = [...(contributes.estimators ?? []), ...(contributes.models ?? [])].map(
      ({ folder }) => folder,
    );
    const missing = [...(main === undefined ? [] : [main]), ...folders].find((file) => !has(file));
    if (missing !== undefined) throw broken(`${missing} is not there, or is left out when it is packed`);
    const native = packed.find(({ path }) => extname(path) === '.node');
    if (native) throw broken(`${native.path} is a program for one system`);
    return `${packed.length + 1}`;
  });
}

function asInstalled(dir: string, manifest: Manifest): InstalledPlugin {
  const { id, version, name, manifest: api } = manifest;
  return {
    facts: { id, version, api, name },
    manifest,
    dir,
    granted: manifest.permissions,
    developer: true,
    stamp: '',
  };
}

/** Texts for its importers, which an author puts beside the plugin. */
async function ownSamples(folder: string): Promise<readonly { name: string; text: string }[]> {
  const names = await readdir(join(folder, 'test'), { withFileTypes: true }).catch(() => []);
  const files = names.filter((entry) => entry.isFile()).map(({ name }) => name);
  return Promise.all(
    files
      .toSorted()
      .map(async (name) => ({ name, text: await readFile(join(folder, 'test', name), 'utf8') })),
  );
}

const LARGEST_RECORD = 200_000;

/** Each once, and none that nobody would read or keep. */
function worthKeeping(calls: readonly RecordedCall[]): readonly RecordedCall[] {
  const kept: RecordedCall[] = [];
  for (const call of calls) {
    if (
      kept.some(
        (one) => one.method === call.method && one.of === call.of && sameAnswer(one.input, call.input),
      )
    )
      continue;
    if (JSON.stringify(call).length <= LARGEST_RECORD) kept.push(call);
  }
  return kept;
}

async function replay(
  checking: Checking,
  handle: PluginHandle,
  { file, suite: id, method, of, input, output }: RecordedCall & { readonly file: string },
  signal: AbortSignal,
): Promise<void> {
  await checking.that(`as recorded: ${file}`, async () => {
    const suite = OFFERED.find((one) => suiteId(one) === id);
    if (!suite?.calls[method]) throw broken(`${id} has no call "${method}"`);
    const answer = await handle.call(suite, method, of, input as readonly unknown[], { signal });
    if (!sameAnswer(answer, output))
      throw broken('it answers otherwise than it did; record anew with --record where that is meant');
    return '';
  });
}
