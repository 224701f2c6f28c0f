// Of the runtime and of SQLite npm installs the libraries of every system, 0.25 GB; those of this one stay. RETAKE_KEEP_FOREIGN=1
// keeps all, to package for another processor. Asked for as `node tools/drop-foreign.js [node_modules]`; it never fails an install.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { platform, arch } = process;
const modules = process.argv[2] ?? fileURLToPath(new URL('../node_modules', import.meta.url));
const runtime = join(modules, 'onnxruntime-node/bin/napi-v6');
const prebuilds = join(modules, 'better-sqlite3/prebuilds');

/** Everything in a folder but what is ours, if what is ours is there. */
function dropOthers(folder, isOurs) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  if (!names.some(isOurs)) return;
  for (const name of names.filter((one) => !isOurs(one))) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

if (!process.env.RETAKE_KEEP_FOREIGN) {
  try {
    dropOthers(join(runtime, platform), (name) => name === arch);
    dropOthers(runtime, (name) => name === platform);
    // A Linux may have one of two C libraries: linux-x64 and linuxmusl-x64 stay both.
    dropOthers(prebuilds, (name) => name.startsWith(platform) && name.endsWith(`-${arch}.node`));
  } catch (error) {
    console.warn(`the libraries of other systems stay where they are: ${error.message}`);
  }
}
