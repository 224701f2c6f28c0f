import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');

/** An empty project under our own rules, so that the real tree never holds a violation. */
let project = '';
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'retake-layers-'));
  copyFileSync(join(root, 'biome.json'), join(project, 'biome.json'));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function lint(path: string, text: string): { status: number | null; output: string } {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const run = spawnSync(process.execPath, [biome, 'lint', '--vcs-enabled=false', path], {
    cwd: project,
    encoding: 'utf8',
  });
  rmSync(file);
  return { status: run.status, output: run.stdout + run.stderr };
}

const FORBIDDEN: readonly [file: string, imported: string][] = [
  ['src/common/x.ts', 'node:fs'],
  ['src/common/x.ts', '../main/engine/render.ts'],
  ['src/renderer/x.ts', '../main/engine/render.ts'],
  ['src/renderer/x.ts', 'better-sqlite3'],
  ['src/preload/x.ts', 'onnxruntime-node'],
  ['src/main/app/x.ts', '../engine/render.ts'],
  ['src/main/cli/x.ts', 'better-sqlite3'],
  ['src/main/engine/x.ts', 'electron'],
  ['src/main/engine/models/x.ts', 'onnxruntime-node'],
  ['src/main/engine/queue/x.ts', 'better-sqlite3'],
  ['src/main/engine/models/x.ts', 'node:child_process'],
  ['src/main/engine/diffusion/x.ts', '../onnx/ort.ts'],
  ['src/main/engine/diffusion/x.ts', 'node:fs'],
  ['src/main/engine/methods/x.ts', '../models/open.ts'],
];

const ALLOWED: readonly [file: string, imported: string][] = [
  ['src/main/engine/onnx/ort.ts', 'onnxruntime-node'],
  ['src/main/engine/storage/db.ts', 'better-sqlite3'],
  ['src/main/engine/media/ffmpeg-process.ts', 'node:child_process'],
  ['src/main/app/x.ts', 'electron'],
  ['src/main/engine/methods/x.ts', '../diffusion/types.ts'],
];

describe('the layers hold', () => {
  it.each(FORBIDDEN)('%s may not import %s', (file, imported) => {
    const result = lint(file, `import { thing } from '${imported}';\n\nexport const kept = thing;\n`);
    expect(result.output).toContain('noRestrictedImports');
    expect(result.status).not.toBe(0);
  });

  it.each(ALLOWED)('%s may import %s', (file, imported) => {
    const result = lint(file, `import { thing } from '${imported}';\n\nexport const kept = thing;\n`);
    expect(result.output).not.toContain('noRestrictedImports');
  });
});
