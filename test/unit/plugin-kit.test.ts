/** Plugins begun from templates, and packed. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { PLUGIN_KINDS } from '../../src/common/contract/plugin-kit.ts';
import { parseManifest } from '../../src/common/plugins/manifest.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { createPlugin } from '../../src/main/engine/plugin-kit/create.ts';
import { packPlugin } from '../../src/main/engine/plugin-kit/pack.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { depthGraph } from '../helpers/tiny-depth.ts';

let dir = '';
beforeEach(() => {
  dir = tempFolder();
});
const begin = (
  name: string,
  kind: (typeof PLUGIN_KINDS)[number],
  more: { id?: string; from?: string } = {},
) => createPlugin({ path: join(dir, name), kind, id: more.id ?? null, from: more.from ?? null });
const manifestIn = (path: string) => parseManifest(readFileSync(join(path, 'retake-plugin.json'), 'utf8'));

describe('a plugin that is begun', () => {
  it.each(PLUGIN_KINDS)('is whole and has its own name: %s', async (kind) => {
    const { path, id, files } = await begin(`My ${kind}`, kind);
    expect(id).toBe(`org.example.my-${kind}`);
    expect(manifestIn(path)).toMatchObject({ id, name: `My ${kind}` });
    expect(files).toContain('.retake/index.d.ts');
    const packed = await packPlugin(path);
    expect(packed.files[0]).toBe('retake-plugin.json');
    expect(packed.left[0]).toBe('.retake/');
  });

  it('holds the network that is named', async () => {
    const graph = join(dir, 'mine.onnx');
    writeFileSync(
      graph,
      serializeModel(depthGraph('predicted_depth = ReduceMax<axes = [1], keepdims = 0>(pixel_values)')),
    );
    const { path } = await begin('own', 'estimator', { from: graph });
    expect(readFileSync(join(path, 'model/model.onnx'))).toEqual(readFileSync(graph));
    await expect(begin('none', 'estimator', { from: join(dir, 'nowhere') })).rejects.toThrow('is not there');
    await expect(begin('exporter', 'exporter', { from: graph })).rejects.toThrow('holds no model');
  });

  it('is not begun over another, nor under an id that is none', async () => {
    const { path } = await begin('here', 'names');
    const before = readdirSync(path, { recursive: true });
    await expect(begin('here', 'panel')).rejects.toThrow('is there already');
    expect(readdirSync(path, { recursive: true })).toEqual(before);
    await expect(begin('there', 'names', { id: 'retake.mine' })).rejects.toThrow(
      'kept for what comes with Retake',
    );
    expect(readdirSync(dir)).not.toContain('there');
  });

  it('has the graph of the template from what it says of itself', () => {
    const shipped = readFileSync(
      join(import.meta.dirname, '../../resources/plugin-templates/estimator/model/model.onnx'),
    );
    expect(shipped.equals(serializeModel(depthGraph()))).toBe(true);
  });
});

describe('a plugin that is packed', () => {
  it('is the same to the byte whenever it is packed, and lists the digest of every file', async () => {
    const { path } = await begin('twice', 'exporter');
    const first = readFileSync((await packPlugin(path)).path);
    utimesSync(join(path, 'index.js'), 1, 1);
    expect(readFileSync((await packPlugin(path)).path).equals(first)).toBe(true);
    // Stored, so the manifest can be read in it.
    const text = first.toString('latin1');
    expect(text).toMatch(/"files": \{\s+"index\.js": "sha256-[A-Za-z0-9+/]{43}="\s+\}/);
    expect(text).not.toContain('$schema');
  });

  it('leaves with its author what is the author’s', async () => {
    const { path } = await begin('left', 'names');
    for (const name of ['recorded', 'test', '.git', 'node_modules']) {
      mkdirSync(join(path, name));
      writeFileSync(join(path, name, 'a.json'), '{}');
    }
    writeFileSync(join(path, 'old.zip'), '');
    const { files, left } = await packPlugin(path);
    expect(files).toEqual(['retake-plugin.json', 'index.js']);
    expect(left.toSorted()).toEqual(['.git/', '.retake/', 'node_modules/', 'old.zip', 'recorded/', 'test/']);
  });

  it('refuses links and names that are not the same everywhere', async () => {
    const { path } = await begin('links', 'names');
    symlinkSync('/etc/passwd', join(path, 'words.txt'));
    await expect(packPlugin(path)).rejects.toThrow('"words.txt" is a link');
    rmSync(join(path, 'words.txt'));
    writeFileSync(join(path, 'aux.js'), '');
    await expect(packPlugin(path)).rejects.toThrow(
      '"aux.js" is no name that a file can have on every system',
    );
    await expect(packPlugin(dir)).rejects.toThrow('there is no retake-plugin.json');
  });
});
