/** Every example in examples/plugins passes the kit, is packed, installed from its archive, and used for what it brings. */
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PluginEntry } from '../../src/common/contract/plugins.ts';
import { fullId } from '../../src/common/plugins/ids.ts';
import { contributionsOf, type Manifest, parseManifest } from '../../src/common/plugins/manifest.ts';
import type { TakeReport } from '../../src/common/report.ts';
import { servePanels } from '../../src/main/app/panels.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { panelHost } from '../../src/main/panel-host.ts';
import { makeWorld, movingClip, retake, type World } from '../helpers/cli.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';

const examples = resolve(import.meta.dirname, '../../examples/plugins');
const demo = resolve(import.meta.dirname, '../../resources/demo');
const names = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe.each(names)('the example %s', (name) => {
  let world: World;
  let manifest: Manifest;
  const inHome = (...args: string[]) => retake(args, { home: world.home });
  beforeAll(async () => {
    world = await makeWorld();
    // Archives lie beside the folder.
    cpSync(join(examples, name), join(world.dir, name), { recursive: true });
    manifest = parseManifest(readFileSync(join(world.dir, name, 'retake-plugin.json'), 'utf8'));
  });
  afterAll(() => world[Symbol.dispose]());

  it('passes the kit, is installed from what the kit packed, and is there', async () => {
    const folder = join(world.dir, name);
    const tried = await inHome('plugin', 'test', folder);
    expect({ code: tried.code, told: tried.code === 0 ? '' : tried.stdout + tried.stderr }).toEqual({
      code: 0,
      told: '',
    });
    expect(existsSync(`${folder}.zip`)).toBe(true);
    const installed = await inHome('plugin', 'install', `${folder}.zip`, '--yes');
    expect({ code: installed.code, told: installed.code === 0 ? '' : installed.stderr }).toEqual({
      code: 0,
      told: '',
    });
    expect((await inHome('plugin', 'ls')).stdout).toContain(manifest.id);
    for (const { kind, id, label } of contributionsOf(manifest)) {
      const full = fullId(manifest.id, id);
      if (kind === 'methods') await rendersTwoFrames(full);
      if (kind === 'estimators' || kind === 'models')
        expect((await inHome('library', 'list')).stdout).toContain(label);
      if (kind === 'exporters')
        await isWritten(full, manifest.contributes.exporters!.find((one) => one.id === id)!);
    }
    for (const { entry } of manifest.contributes.panels ?? []) await isServed(entry);
  });

  async function rendersTwoFrames(method: string): Promise<void> {
    expect((await inHome('methods')).stdout).toContain(method);
    const run = await inHome(
      ...[
        'edit',
        join(demo, 'clip.mp4'),
        '--bundle',
        join(demo, 'bundle'),
        '--out',
        join(world.dir, 'take.mov'),
      ],
      ...[
        '--method',
        method,
        '--source-prompt',
        'a red ball',
        '--prompt',
        'a blue ball',
        '--from',
        '0',
        '--to',
        '2',
      ],
      ...['--steps', '2', '--provider', 'cpu', '--json'],
    );
    expect({ code: run.code, told: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, told: '' });
    const { method: made, take } = JSON.parse(run.stdout) as TakeReport;
    expect(made).toMatchObject({ id: method, plugin: { version: manifest.version } });
    expect(existsSync(take.path)).toBe(true);
  }

  async function isWritten(format: string, { ending }: { readonly ending: string }): Promise<void> {
    const clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 24 });
    const project = join(world.dir, 'film.retake');
    if (!existsSync(project)) createProject(project, withClip(await clipRefOf(clip))).close();
    const out = join(world.dir, `out ${ending}`);
    const run = await inHome('export', project, '--out', out, '--timeline', '--format', format);
    expect({ code: run.code, told: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, told: '' });
    const file = readdirSync(out).find((one) => one.endsWith(ending))!;
    expect(readFileSync(join(out, file), 'utf8')).toContain('clip.mov');
  }

  /** As the window's scheme has it: the page, and all that it names. */
  async function isServed(entry: string): Promise<void> {
    const plugins = JSON.parse((await inHome('plugin', 'ls', '--json')).stdout) as PluginEntry[];
    const plugin = plugins.find((one) => one.id === manifest.id)!;
    let answer: (request: Request) => Promise<Response> = () => Promise.reject();
    const protocol = { handle: (_: string, handler: typeof answer) => (answer = handler) };
    servePanels({ protocol } as never, { plugins: async () => plugins, devOrigin: null });
    const page = `retake-panel://${panelHost(plugin)}/${entry}`;
    const text = await (await answer(new Request(page))).text();
    const named = [...text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, name]) => new URL(name!, page).href);
    expect(named.length).toBeGreaterThan(0);
    for (const file of named) expect([file, (await answer(new Request(file))).status]).toEqual([file, 200]);
  }
});
