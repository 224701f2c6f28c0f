// Of the runtime and of SQLite npm installs the libraries of every system, 0.25 GB; those of this one stay. RETAKE_KEEP_FOREIGN=1
// keeps all, to package for another processor. Asked for as `node tools/drop-foreign.js [node_modules]`; it never fails an install.
import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const { platform, arch } = process;
const modules = resolve(process.argv[2] ?? fileURLToPath(new URL('../node_modules', import.meta.url)));
const runtime = 'onnxruntime-node/bin/napi-v6';
/** Folders, and what of each is ours. A Linux may have one of two C libraries: linux-x64 and linuxmusl-x64 stay both. */
const FOLDERS = [
  [join(runtime, platform), (name) => name === arch],
  [runtime, (name) => name === platform],
  ['better-sqlite3/prebuilds', (name) => name.startsWith(platform) && name.endsWith(`-${arch}.node`)],
];

/** What lies elsewhere, behind a link of a package manager or of somebody, may be another project's too. */
function isHere(folder) {
  const path = join(modules, folder);
  if (!existsSync(path)) return false;
  return relative(realpathSync(dirname(modules)), realpathSync(path)) === join(basename(modules), folder);
}

/** All of them or none: without a library for this system nothing of ours runs here, and the others are there to be packaged. */
function others() {
  if (!FOLDERS.every(([folder]) => isHere(folder))) return [];
  const all = FOLDERS.map(([folder, isOurs]) => ({
    folder,
    isOurs,
    names: readdirSync(join(modules, folder)),
  }));
  if (!all.every(({ names, isOurs }) => names.some(isOurs))) return [];
  return all.flatMap(({ folder, isOurs, names }) =>
    names.filter((name) => !isOurs(name)).map((name) => join(modules, folder, name)),
  );
}

if (!process.env.RETAKE_KEEP_FOREIGN) {
  try {
    for (const path of others()) rmSync(path, { recursive: true, force: true });
  } catch (error) {
    console.warn(`the libraries of other systems stay where they are: ${error.message}`);
  }
}
