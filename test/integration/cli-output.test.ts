/** Nobody reads, or nothing can be written, where the command line prints. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allGone, CLI, edit, makeWorld, movingClip, type World } from '../helpers/cli.ts';

const root = resolve(import.meta.dirname, '../..');
const installedNode = join(root, 'node_modules/node/bin/node');
const node = existsSync(installedNode) ? installedNode : process.execPath;
const FULL = '/dev/full';

let world: World;
let clip = '';
beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 3 });
});
afterAll(() => world[Symbol.dispose]());

const COMMANDS: readonly [string, () => string[]][] = [
  ['help', () => ['--help']],
  ['version', () => ['--version']],
  ['methods', () => ['methods']],
  ['jobs', () => ['jobs']],
  ['probe', () => ['probe', clip]],
  ['bundle inspect', () => ['bundle', 'inspect', world.bundle]],
  ['cache ls', () => ['cache', 'ls']],
  ['cache stat', () => ['cache', 'stat']],
  ['cache verify', () => ['cache', 'verify']],
  ['cache prune', () => ['cache', 'prune', '--all']],
];

interface Ends {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `after` bytes the reader goes away; 'full' is a disk without room. */
function run(args: string[], out: number | 'full' | 'read', err: number | 'read'): Promise<Ends> {
  const full = out === 'full' ? openSync(FULL, 'w') : null;
  const child = spawn(node, [CLI, ...args], {
    env: { ...process.env, RETAKE_HOME: world.home },
    stdio: ['ignore', full ?? 'pipe', 'pipe'],
  });
  if (full !== null) closeSync(full);
  const read = (stream: NodeJS.ReadableStream | null, until: number | 'read') => {
    let text = '';
    if (until === 0) (stream as unknown as { destroy(): void } | null)?.destroy();
    else
      stream?.on('data', (chunk) => {
        text += chunk;
        if (until !== 'read' && text.length >= until) (stream as unknown as { destroy(): void }).destroy();
      });
    return () => text;
  };
  const stdout = read(child.stdout, out === 'full' ? 'read' : out);
  const stderr = read(child.stderr, err);
  return new Promise((done) =>
    child.on('close', (code, signal) => done({ code, signal, stdout: stdout(), stderr: stderr() })),
  );
}

it.each(COMMANDS)('the reader of "%s" has gone: it ends without a word', async (_name, args) => {
  expect(await run(args(), 0, 'read')).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
});

describe.skipIf(!existsSync(FULL))('a full disk', () => {
  it.each(COMMANDS)('is told by "%s"', async (_name, args) => {
    const { code, stderr } = await run(args(), 'full', 'read');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'retake: the result could not be printed: the disk is full. The work itself is done.\n',
    );
  });

  it('costs a render its summary, not its take', async () => {
    const out = join(world.out, 'full.mov');
    const { code, stderr } = await run(edit(world, clip, out), 'full', 'read');
    expect(code).toBe(1);
    expect(stderr).toMatch(/could not be printed: the disk is full/);
    expect(existsSync(out)).toBe(true);
  });
});

describe('a render whose progress nobody reads any more', () => {
  it.each([0, 1, 200])('goes on to the end (gone after %i bytes)', async (after) => {
    const out = join(world.out, `deaf-${after}.mov`);
    const { code, signal, stdout } = await run(edit(world, clip, out, '--steps', '12'), 'read', after);
    expect([code, signal]).toEqual([0, null]);
    expect(stdout).toContain(out);
    expect(existsSync(out)).toBe(true);
    await allGone(world.home);
  });

  it('nor its result', async () => {
    const out = join(world.out, 'deaf.mov');
    expect((await run(edit(world, clip, out), 0, 0)).code).toBe(0);
    expect(existsSync(out)).toBe(true);
  });
});
