/**
 * npm run package:cli [-- --out FOLDER] [--without-ffmpeg]: the command line alone, as one file for computers of this kind, in dist/
 * unless said otherwise. It holds what is built and the native libraries of this system, so `npm install -g` of it fetches
 * nothing and runs nothing, and the project is not needed any longer. Without an ffmpeg of its own it takes the one on the PATH.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { platform, arch } = process;
const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string' }, 'without-ffmpeg': { type: 'boolean' } } });
const out = resolve(values.out ?? join(root, 'dist'));

/** The window and its shell have no place in a terminal. */
const PARTS = [
  ...['bin', 'out/main', 'resources/clip-tokenizer', 'resources/resolve', 'LICENSE', 'README.md'],
  ...['resources/farm', 'resources/plugin-templates', 'packages/plugin-api'],
];
const SHELL = ['out/main/app.js', 'out/main/packages.json'];

/** Packages that cannot be part of a bundle, and what of them is loaded. */
const NATIVE: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['dist', `bin/napi-v6/${platform}/${arch}`],
  'onnxruntime-common': ['dist'],
  'better-sqlite3': ['lib', 'LICENSE', 'prebuilds'],
};
/** Taken whole, the first that has its program. */
const FFMPEG = ['ffmpeg-static', `@ffmpeg-binary/${platform}-${arch}`];
/** Maps, types and words, libraries of other systems, and the Mac's second copy of its own. */
const LEFT = [
  /\.(map|md|ts|cts|mts)$/,
  new RegExp(String.raw`[\\/]prebuilds[\\/](?!${platform}\w*-${arch}\.node$)`),
  /[\\/]libonnxruntime\.\d+\.\d+\.\d+\.dylib$/,
];

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const write = (file: string, value: unknown) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
const modules = join(root, 'node_modules');
const program = platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
const ffmpeg = values['without-ffmpeg']
  ? undefined
  : FFMPEG.find((name) => existsSync(join(modules, name, program)));

/** What a package says of itself, without what it would have npm run or fetch. Returns its version. */
function describe(name: string, folder: string): string {
  const { version, license, type, main, exports, os, cpu } = read(join(modules, name, 'package.json'));
  write(join(folder, 'package.json'), { name, version, license, type, main, exports, os, cpu });
  return version;
}

const folder = mkdtempSync(join(tmpdir(), 'retake-cli-'));
try {
  for (const part of PARTS) cpSync(join(root, part), join(folder, part), { recursive: true });
  cpSync(join(root, 'resources/licences/THIRD-PARTY.txt'), join(folder, 'THIRD-PARTY.txt'));
  for (const file of SHELL) rmSync(join(folder, file));
  const dependencies: Record<string, string> = {};
  for (const [name, parts] of [...Object.entries(NATIVE), ...(ffmpeg ? [[ffmpeg, ['.']] as const] : [])]) {
    const to = join(folder, 'node_modules', name);
    for (const part of parts) {
      const from = join(modules, name, part);
      cpSync(from, join(to, part), {
        recursive: true,
        filter: (path) => !LEFT.some((one) => one.test(path)),
      });
    }
    dependencies[name] = describe(name, to);
  }
  const { version, description, license, type } = read(join(root, 'package.json'));
  write(join(folder, 'package.json'), {
    ...{ name: 'retake-cli', version, description, license, type, bin: { retake: 'bin/retake.js' } },
    ...{ engines: { node: '>=22' }, os: [platform], cpu: [arch] },
    ...{ dependencies, bundleDependencies: Object.keys(dependencies) },
  });
  mkdirSync(out, { recursive: true });
  const args = ['pack', folder, '--pack-destination', out, '--silent', '--ignore-scripts'];
  const windows = platform === 'win32';
  execFileSync(windows ? 'npm.cmd' : 'npm', args, { shell: windows, stdio: ['ignore', 'ignore', 'inherit'] });
  const file = join(out, `retake-cli-${version}-${platform}-${arch}.tgz`);
  renameSync(join(out, `retake-cli-${version}.tgz`), file);
  if (!ffmpeg) console.warn('It has no ffmpeg: the one on the PATH will be used.');
  console.log(file);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
