/** A plugin's folder to begin with: a template that works as it is, under the author's own name. */
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CreatedPlugin, PluginKind } from '../../../common/contract/plugin-kit.ts';
import { AppError } from '../../../common/errors.ts';
import { pluginIdFault } from '../../../common/plugins/ids.ts';
import { MANIFEST_FILE } from '../../../common/plugins/manifest.ts';
import { makeWhole } from '../../atomic-files.ts';
import { resource } from '../resources.ts';

/** Kinds that hold a network or a model: what lies in the template's folder of this name. */
const HOLDS: Partial<Record<PluginKind, 'model'>> = { estimator: 'model', model: 'model' };
/** What an editor reads beside the plugin: types and the manifest's schema. No part of what is packed. */
const FOR_EDITORS = '.retake';
const TYPES = ['index.d.ts', 'retake-plugin.schema.json'];

const doing = 'beginning a plugin';

interface Wanted {
  /** A folder that is not there yet. */
  readonly path: string;
  readonly kind: PluginKind;
  readonly id: string | null;
  readonly from: string | null;
}

/** @throws AppError usage for a folder that is there, or an id that is none */
export async function createPlugin({ path, kind, id: asked, from }: Wanted): Promise<CreatedPlugin> {
  const name = basename(path);
  const id = asked ?? `org.example.${slug(name)}`;
  const fault = pluginIdFault(id);
  if (fault)
    throw new AppError('usage', `the id "${id}" ${fault}`, {
      doing,
      hint: 'Give one with --id, your domain backwards and a name: org.example.my-exporter.',
    });
  if (from !== null && !HOLDS[kind])
    throw new AppError('usage', `a plugin of kind ${kind} holds no model`, {
      doing,
      hint: 'Leave out --from.',
    });
  if (await stat(path).catch(() => null))
    throw new AppError('usage', `${path} is there already`, { doing, hint: 'Choose another name.' });
  const model = HOLDS[kind] ? await modelFor(kind, from) : null;
  const parts = { template: required('plugin-templates', kind), api: apiFolder() };
  await makeWhole(path, async (folder) => {
    await cp(parts.template, folder, { recursive: true });
    await mkdir(join(folder, FOR_EDITORS));
    for (const file of TYPES) await cp(join(parts.api, file), join(folder, FOR_EDITORS, file));
    if (kind === 'panel') await putHelper(join(parts.api, 'panel.js'), join(folder, 'panel', 'retake.js'));
    if (model !== null) await putModel(model, join(folder, HOLDS[kind]!));
    await putNames(join(folder, MANIFEST_FILE), { id, name: titled(name) });
  });
  return { path, id, files: await listed(path) };
}

/** Lower case, hyphens for what an id cannot have. */
function slug(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return /^[a-z]/.test(plain) ? plain : `plugin-${plain}`.replace(/-$/, '');
}

/** "my-exporter" → "My exporter". */
function titled(name: string): string {
  const words = name.replace(/[-_.]+/g, ' ').trim();
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1);
}

function required(...path: readonly string[]): string {
  const found = resource(...path);
  if (found) return found;
  throw new AppError('usage', 'the templates of plugins are not part of this installation', {
    doing,
    hint: 'Copy a folder of examples/plugins instead.',
  });
}

/** Beside the templates where it was installed with them; a checkout has it among its packages. */
function apiFolder(): string {
  return resource('plugin-api') ?? required('..', 'packages', 'plugin-api');
}

async function modelFor(kind: PluginKind, from: string | null): Promise<string | null> {
  if (from !== null) {
    if (await stat(from).catch(() => null)) return from;
    throw new AppError('usage', `${from} is not there`, {
      doing,
      hint: 'Name a file or a folder with --from.',
    });
  }
  // The template of an estimator has a graph of its own.
  if (kind !== 'model') return null;
  const shipped = resource('demo', 'bundle');
  if (shipped) return shipped;
  throw new AppError('usage', 'a plugin of kind model holds a model, and none is named', {
    doing,
    hint: 'Name its folder or its .safetensors file with --from.',
  });
}

/** A folder takes the place of the template's; a graph alone that of its graph. */
async function putModel(from: string, to: string): Promise<void> {
  if ((await stat(from)).isDirectory()) return cp(from, to, { recursive: true, dereference: true });
  await mkdir(to, { recursive: true });
  await cp(from, join(to, from.endsWith('.onnx') ? 'model.onnx' : basename(from)));
}

/** Its types are those beside the plugin. */
async function putHelper(from: string, to: string): Promise<void> {
  const text = await readFile(from, 'utf8');
  await writeFile(to, text.replaceAll("import('./index')", `import('../${FOR_EDITORS}/index')`));
}

async function putNames(file: string, own: { readonly id: string; readonly name: string }): Promise<void> {
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, `${JSON.stringify({ ...manifest, ...own }, null, 2)}\n`);
}

async function listed(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .toSorted();
}
