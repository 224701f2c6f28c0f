// Builds out/ unless it already is what the present sources make, so that `npm ci` and `npm run check` build once between
// them, and whatever runs the built application can ask for it first. Asked for as `node tools/build.js`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'out');
const stampFile = join(out, 'built.json');
const sources = [
  'src',
  'electron.vite.config.ts',
  'tools/bundled-packages.ts',
  'tools/plugin-child.ts',
  'package.json',
  'package-lock.json',
  ...readdirSync(root).filter((name) => /^tsconfig.*\.json$/.test(name)),
];

function filesIn(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const bytes = readFileSync(file);
    hash.update(`${file.slice(root.length)}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** Of what is built and of what it was built from: either may have changed since. */
const stamp = () => ({
  sources: digest(sources.flatMap((name) => filesIn(join(root, name)))),
  built: digest(filesIn(out).filter((file) => file !== stampFile)),
});

function isBuilt() {
  if (!existsSync(stampFile)) return false;
  const kept = JSON.parse(readFileSync(stampFile, 'utf8'));
  const now = stamp();
  return kept.sources === now.sources && kept.built === now.built;
}

/** It is no part of an install without development tools, which goes with what an install with them has built. */
function builder() {
  try {
    const described = createRequire(import.meta.url).resolve('electron-vite/package.json');
    return join(dirname(described), 'bin/electron-vite.js');
  } catch {
    console.error('out/ is to be built, and what builds it is not installed: npm ci, without --omit=dev');
    process.exit(1);
  }
}

if (isBuilt()) {
  console.log('out/ is built from the present sources');
} else {
  const bin = builder();
  rmSync(out, { recursive: true, force: true });
  const before = stamp().sources;
  const { status } = spawnSync(process.execPath, [bin, 'build'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stampFile, JSON.stringify({ ...stamp(), sources: before }));
}
