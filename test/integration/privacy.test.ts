/** Nothing of the artist leaves the machine, and nothing is written but takes and the data folder. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { setup as build } from '../helpers/built.ts';
import { edit, makeWorld, movingClip } from '../helpers/cli.ts';
import { canHaveOwnNetwork, type Offline, offline } from '../helpers/own-network.ts';

const root = resolve(import.meta.dirname, '../..');
const installedNode = join(root, 'node_modules/node/bin/node');
const node = existsSync(installedNode) ? installedNode : process.execPath;
const WORKER = join(import.meta.dirname, 'privacy-worker.ts');
/** The runtime's first event goes out after some seconds. */
const PATIENCE_MS = 14_000;

/** A user of whom nothing is there yet: every place that a program may write to by convention is an empty folder. */
function newUser(): { readonly home: string; readonly env: NodeJS.ProcessEnv; files(): string[] } {
  const home = mkdtempSync(join(tmpdir(), 'retake-user-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const at = (name: string) => {
    mkdirSync(join(home, name));
    return join(home, name);
  };
  const { PATH, RETAKE_FFMPEG } = process.env;
  return {
    home,
    env: {
      PATH,
      RETAKE_FFMPEG,
      HOME: home,
      TMPDIR: at('tmp'),
      XDG_CACHE_HOME: at('cache'),
      XDG_CONFIG_HOME: at('config'),
      XDG_DATA_HOME: at('data'),
      XDG_STATE_HOME: at('state'),
      XDG_RUNTIME_DIR: at('runtime'),
    },
    files: () =>
      readdirSync(home, { recursive: true, withFileTypes: true })
        .filter((found) => !found.isDirectory())
        .map((found) => join(found.parentPath, found.name).slice(home.length + 1)),
  };
}

const inData = (file: string) => file.startsWith('data/retake/');

describe.skipIf(!canHaveOwnNetwork)('without a network, watched', () => {
  const work = (user: ReturnType<typeof newUser>, task: string, ...args: string[]): Promise<Offline> =>
    offline([node, WORKER, task, String(PATIENCE_MS), ...args], user.env);

  it('an engine that renders and waits looks nothing up and writes to the data folder alone', async () => {
    using world = await makeWorld();
    const clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 3 });
    const [user, stranger] = [newUser(), newUser()];
    const [engine, bare] = await Promise.all([
      work(user, 'engine', ...edit(world, clip, join(world.out, 'take.mov'))),
      // The same runtime when nobody has told it: without this, the zero below would prove nothing.
      work(stranger, 'bare'),
    ]);
    expect(bare).toMatchObject({ code: 0, attempts: expect.any(Number) });
    expect(bare.attempts).toBeGreaterThan(0);
    expect(stranger.files().some((file) => file.endsWith('deviceid'))).toBe(true);

    expect(engine).toMatchObject({ code: 0, attempts: 0 });
    expect(user.files().filter(inData).length).toBeGreaterThan(0);
    expect(user.files().filter((file) => !inData(file))).toEqual([]);
    expect(existsSync(join(world.out, 'take.mov'))).toBe(true);
  });

  const built = join(root, 'out/main/cli.js');
  it('the built command line edits and tries what can compute', async () => {
    build();
    using world = await makeWorld();
    const clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 2 });
    const user = newUser();
    for (const args of [edit(world, clip, join(world.out, 'take.mov')), ['providers']]) {
      expect(await offline([node, built, ...args], user.env)).toMatchObject({ code: 0, attempts: 0 });
    }
    expect(user.files().filter((file) => !inData(file))).toEqual([]);
  });
});

it('nothing loads the runtime before it has been told to keep to itself', () => {
  const sources = ['src', 'tools', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|tsx|js)$/.test(name))
      .map((name) => join(root, folder, name)),
  );
  // Static imports are loaded before the first line of the file that has them.
  const early = /^import (?!type )[^;]*from 'onnxruntime-node'/m;
  expect(sources.filter((file) => early.test(readFileSync(file, 'utf8')))).toEqual([]);
});
