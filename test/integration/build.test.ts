/** `npm ci` and `npm run check` build once between them, and what is tested is what the present sources make. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { tempFolder } from '../helpers/temp-folder.ts';

const root = resolve(import.meta.dirname, '../..');

/** A checkout of two small programs in the place of the application. */
function checkout() {
  const dir = tempFolder();
  const at = (name: string) => join(dir, name);
  mkdirSync(at('src'));
  writeFileSync(at('src/main.ts'), 'export const said: string = "one";\n');
  writeFileSync(at('src/preload.ts'), 'export {};\n');
  writeFileSync(
    at('electron.vite.config.ts'),
    `export default {
      main: { build: { rollupOptions: { input: { main: 'src/main.ts' } } } },
      preload: { build: { rollupOptions: { input: { preload: 'src/preload.ts' } } } },
    };\n`,
  );
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.base.json'])
    cpSync(join(root, name), at(name));
  cpSync(join(root, 'tools/build.js'), at('tools/build.js'));
  symlinkSync(join(root, 'node_modules'), at('node_modules'));
  const build = () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [at('tools/build.js')], {
      encoding: 'utf8',
    });
    return {
      ok: status === 0,
      skipped: stdout.includes('is built from the present sources'),
      said: stdout + stderr,
    };
  };
  return { at, build, made: () => readFileSync(at('out/main/main.js'), 'utf8') };
}

it('builds when the sources, the configuration or what was built has changed, and only then', () => {
  const { at, build, made } = checkout();
  const expectBuilt = () => expect(build()).toMatchObject({ ok: true, skipped: false });
  const expectSkipped = () => expect(build()).toMatchObject({ ok: true, skipped: true });
  expectBuilt();
  expect(made()).toContain('one');
  const before = statSync(at('out/main/main.js')).mtimeMs;
  expectSkipped();
  expect(statSync(at('out/main/main.js')).mtimeMs).toBe(before);

  writeFileSync(at('src/main.ts'), 'export const said: string = "two";\n');
  expectBuilt();
  expect(made()).toContain('two');

  rmSync(at('out/main/main.js'));
  expectBuilt();
  expect(made()).toContain('two');

  writeFileSync(at('out/main/main.js'), 'another program wrote this');
  expectBuilt();
  expect(made()).toContain('two');

  writeFileSync(at('tsconfig.base.json'), '{}');
  expectBuilt();
  expectSkipped();
});

it('a build that fails is no build: the next one tries again', () => {
  const { at, build } = checkout();
  expect(build().ok).toBe(true);
  writeFileSync(at('src/main.ts'), 'export const said = ;\n');
  for (const attempt of [build(), build()]) {
    expect(attempt.ok).toBe(false);
    expect(attempt.said).toContain('main.ts');
  }
  writeFileSync(at('src/main.ts'), 'export const said = 3;\n');
  expect(build()).toMatchObject({ ok: true, skipped: false });
});
