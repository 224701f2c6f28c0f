/** What users get is what runs: no libraries of other systems, no packages that the bundles already hold. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { Arch, build, Platform } from 'electron-builder';
import { beforeAll, describe, expect, it } from 'vitest';
import { TIMELINE_FORMATS } from '../../src/common/interchange/formats.ts';
import { rational } from '../../src/common/time/rational.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { setup } from '../helpers/built.ts';
import { makeWorld, movingClip } from '../helpers/cli.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const { platform, arch } = process;
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const RUNTIME = 'node_modules/onnxruntime-node/bin/napi-v6';
const SQLITE = 'node_modules/better-sqlite3/prebuilds';
const SYSTEMS = ['linux/x64', 'linux/arm64', 'win32/x64', 'win32/arm64', 'darwin/arm64'];
const PREBUILDS = ['linux-x64', 'linuxmusl-x64', 'linux-arm64', 'win32-x64', 'darwin-arm64'];

const LIBRARY = /\.(node|so(\.\d+)?|dll|dylib)$/;

/** A file in a folder that may not be there yet. */
function put(folder: string, path: string, text = ''): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** As npm installs both native packages: with the libraries of every system. */
function installed(folder: string): void {
  for (const name of ['onnxruntime-node', 'better-sqlite3'])
    put(folder, `node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0' }));
  for (const system of SYSTEMS) {
    put(folder, `${RUNTIME}/${system}/onnxruntime_binding.node`);
    put(folder, `${RUNTIME}/${system}/libonnxruntime.so.1`);
  }
  for (const name of PREBUILDS) put(folder, `${SQLITE}/${name}.node`);
}

const filesIn = (folder: string) =>
  globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) =>
      join(one.parentPath, one.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
const ofThisSystem = (file: string) =>
  file.startsWith(`${RUNTIME}/${platform}/${arch}/`) ||
  (file.startsWith(`${SQLITE}/${platform}`) && file.endsWith(`-${arch}.node`));

beforeAll(setup);

describe('an install', () => {
  const drop = (folder: string, env: NodeJS.ProcessEnv = {}) =>
    execFileSync(process.execPath, [join(root, 'tools/drop-foreign.js'), join(folder, 'node_modules')], {
      env: { ...process.env, RETAKE_KEEP_FOREIGN: '', ...env },
    });

  it('keeps the native libraries of this system alone', () => {
    const folder = tempFolder();
    installed(folder);
    const before = filesIn(folder);
    drop(folder, { RETAKE_KEEP_FOREIGN: '1' });
    expect(filesIn(folder)).toEqual(before);
    drop(folder);
    const libraries = before.filter((file) => /\/(bin|prebuilds)\//.test(file));
    const kept = libraries.filter(ofThisSystem);
    expect(kept.length).toBeGreaterThan(2);
    expect(filesIn(folder).filter((file) => /\/(bin|prebuilds)\//.test(file))).toEqual(kept);
  });

  it('keeps everything where this system has none, or nothing is installed', () => {
    const folder = tempFolder();
    drop(folder);
    put(folder, `${RUNTIME}/another/x64/onnxruntime_binding.node`);
    drop(folder);
    expect(filesIn(folder)).toEqual([`${RUNTIME}/another/x64/onnxruntime_binding.node`]);
  });

  it.each([
    ['the runtime', `${RUNTIME}/${platform}/${arch}`],
    ['SQLite', `${SQLITE}/${platform}*`],
  ])('keeps everything where %s has no library for this system', (_, lacking) => {
    const folder = tempFolder();
    installed(folder);
    for (const path of globSync(lacking, { cwd: folder })) rmSync(join(folder, path), { recursive: true });
    const before = filesIn(folder);
    drop(folder);
    expect(filesIn(folder)).toEqual(before);
  });

  it
    .runIf(platform !== 'win32')
    .each(['node_modules', 'node_modules/onnxruntime-node', 'node_modules/better-sqlite3'])(
    'takes nothing away behind a link: %s',
    (linked) => {
      const [shared, folder] = [tempFolder(), tempFolder()];
      installed(shared);
      const before = filesIn(shared);
      if (linked !== 'node_modules') installed(folder);
      rmSync(join(folder, linked), { recursive: true, force: true });
      symlinkSync(join(shared, linked), join(folder, linked));
      drop(folder);
      expect(filesIn(shared)).toEqual(before);
    },
  );

  it('has at run time what cannot be in a bundle, and no more', () => {
    const { dependencies } = read(join(root, 'package.json'));
    expect(Object.keys(dependencies)).toEqual(['better-sqlite3', 'onnxruntime-node']);
    // What is imported and is no file beside it: at the head of a file, or when it is first wanted.
    const imports = /^import .*?["']([^."'][^"']*)["'];$|\bimport\(["']([^."'][^"']*)["']\)/gm;
    const imported = globSync('out/main/**/*.js', { cwd: root }).flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(imports)].map(([, one, two]) => one ?? two!),
    );
    const outside = new Set(imported.filter((name) => !isBuiltin(name)));
    // The last is what a script is to its interpreter.
    expect([...outside].sort()).toEqual(['better-sqlite3', 'electron', 'onnxruntime-node', 'retake:plugin']);
  });
});

it.each([
  ['the runtime', `${RUNTIME}/darwin/arm64/onnxruntime_binding.node`],
  ['SQLite', `${SQLITE}/darwin-arm64.node`],
])('packaging for a system is refused without the library that %s has for it', async (_, library) => {
  const folder = tempFolder();
  installed(folder);
  const { beforePack } = await import(join(root, 'tools/before-pack.js'));
  const pack = () =>
    beforePack({ packager: { projectDir: folder }, arch: Arch.arm64, electronPlatformName: 'darwin' });
  expect(pack).not.toThrow();
  rmSync(join(folder, library));
  expect(pack).toThrow(library);
});

it.runIf(platform === 'linux')('the packed application holds no library of another system', async () => {
  const folder = tempFolder();
  installed(folder);
  put(folder, 'node_modules/lucide-react/package.json', '{"name":"lucide-react","version":"1.0.0"}');
  put(folder, 'node_modules/lucide-react/index.js');
  for (const part of ['out', 'electron-builder.yml', 'tools/before-pack.js', 'LICENSE'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  const own = read(join(root, 'package.json'));
  const dependencies = { 'better-sqlite3': '1.0.0', 'onnxruntime-node': '1.0.0' };
  put(folder, 'package.json', JSON.stringify({ ...own, dependencies, optionalDependencies: {} }));
  const lock = { name: 'retake', version: own.version, lockfileVersion: 3, packages: {} };
  put(folder, 'package-lock.json', JSON.stringify(lock));
  // In the place of Electron, which is not always installed where tests run.
  put(folder, 'electron/electron');
  await build({
    projectDir: folder,
    targets: Platform.LINUX.createTarget('dir'),
    config: {
      extends: join(folder, 'electron-builder.yml'),
      electronVersion: own.devDependencies.electron,
      electronDist: join(folder, 'electron'),
      electronFuses: null,
      directories: { output: join(folder, 'made') },
    },
    publish: 'never',
  });
  const unpacked = join(
    folder,
    `made/linux${arch === 'x64' ? '' : `-${arch}`}-unpacked/resources/app.asar.unpacked`,
  );
  const libraries = filesIn(unpacked).filter((file) => LIBRARY.test(file));
  expect(libraries.length).toBeGreaterThan(2);
  expect(libraries.filter((file) => !ofThisSystem(file))).toEqual([]);
  // The archive begins with a list of its files.
  const archive = readFileSync(join(unpacked, '../app.asar'));
  const { files } = JSON.parse(archive.toString('utf8', 16, 16 + archive.readUInt32LE(12)));
  expect(Object.keys(files.node_modules.files).sort()).toEqual(['better-sqlite3', 'onnxruntime-node']);
});

describe('the command line alone', () => {
  it('is one file that installs without a network, runs, edits and exports', async () => {
    const folder = tempFolder();
    execFileSync(process.execPath, [join(root, 'tools/licences.ts')]);
    const made = ['--out', folder, '--without-ffmpeg'];
    const file = execFileSync(process.execPath, [join(root, 'tools/package-cli.ts'), ...made], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const prefix = join(folder, 'prefix');
    execFileSync('npm', ['install', '-g', '--offline', '--prefix', prefix, file], { stdio: 'pipe' });
    const home = join(prefix, 'lib/node_modules/retake-cli');
    const modules = globSync('node_modules/{*,@*/*}/package.json', { cwd: home }).map(dirname);
    const wanted = ['better-sqlite3', 'onnxruntime-common', 'onnxruntime-node'];
    expect(modules.sort()).toEqual(wanted.map((name) => join('node_modules', name)));
    const libraries = filesIn(home).filter((name) => LIBRARY.test(name));
    expect(libraries.filter((name) => !ofThisSystem(name))).toEqual([]);
    expect(existsSync(join(home, 'out/renderer'))).toBe(false);

    const { path: ffmpeg } = await resolveFfmpeg();
    using world = await makeWorld();
    const clip = await movingClip(join(world.dir, 'clip.mov'));
    const retake = (...args: readonly string[]) =>
      spawnSync(process.execPath, [join(prefix, 'bin/retake'), ...args], {
        encoding: 'utf8',
        cwd: world.dir,
        env: { ...process.env, RETAKE_HOME: world.home, RETAKE_FFMPEG: ffmpeg },
      });
    expect(retake('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage: retake') });
    const take = join(world.out, 'take.mov');
    const words = ['--model', world.bundle, '--source-prompt', 'a car', '--prompt', 'a swan', '--steps', '2'];
    expect(retake('edit', clip, ...words, '--out', take)).toMatchObject({ status: 0 });
    expect(existsSync(take)).toBe(true);

    const project = join(world.dir, 'film.retake');
    const ref = await clipRefOf(clip, {
      rate: rational(12),
      frames: 24,
      width: 64,
      height: 48,
      hasAudio: true,
    });
    createProject(project, withClip(ref)).close();
    const timeline = join(world.out, 'timeline');
    expect(retake('export', project, '--timeline', '--out', timeline)).toMatchObject({ status: 0 });
    // The clip is named in every file, so what writes XML is in the bundles.
    const written = filesIn(timeline).filter((name) => name !== 'README.txt');
    expect(written).toHaveLength(TIMELINE_FORMATS.length);
    for (const name of written)
      expect(readFileSync(join(timeline, name), 'utf8'), name).toContain('clip.mov');
  });
});
