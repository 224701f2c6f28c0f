/** Every example in examples/plugins passes the kit, is packed, installed from its archive, and there with what it brings. */
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fullId } from '../../src/common/plugins/ids.ts';
import { contributionsOf, type Manifest, parseManifest } from '../../src/common/plugins/manifest.ts';
import { makeWorld, retake, type World } from '../helpers/cli.ts';

const examples = resolve(import.meta.dirname, '../../examples/plugins');
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

  it('passes the kit, is installed from what the kit packed, and is there', {
    timeout: 300_000,
  }, async () => {
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
      if (kind === 'methods') expect((await inHome('methods')).stdout).toContain(full);
      if (kind === 'estimators' || kind === 'models')
        expect((await inHome('library', 'list')).stdout).toContain(label);
      // Its format is told by name where one is written that is not there.
      if (kind === 'exporters') {
        const odd = await inHome(
          'export',
          join(world.dir, 'none.retake'),
          '--out',
          join(world.dir, 'out'),
          '--timeline',
          '--format',
          full,
        );
        expect(odd.stderr).toContain('none.retake');
      }
    }
  });
});
