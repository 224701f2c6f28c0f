/** A clip that another has replaced lends nothing to a take: not after a kill, not while it renders. */
import { copyFileSync, mkdirSync, renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allGone,
  edit,
  filesBelow,
  makeWorld,
  messages,
  movingClip,
  type RunningCli,
  reportOf,
  retake,
  startRetake,
  type World,
} from '../helpers/cli.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

let world: World;
let films: { readonly first: string; readonly second: string };

beforeAll(async () => {
  world = await makeWorld();
  films = {
    first: await movingClip(join(world.dir, 'first.mov'), { size: '320x180', frames: 12 }),
    // As long and as large, but another film.
    second: await movingClip(join(world.dir, 'second.mov'), { size: '320x180', frames: 12, rate: 13 }),
  };
});
afterAll(() => world[Symbol.dispose]());

/** A data folder, a clip and a place for takes of its own. */
function place(name: string) {
  const dir = join(world.dir, name);
  mkdirSync(join(dir, 'out'), { recursive: true });
  const clip = join(dir, 'clip.mov');
  copyFileSync(films.first, clip);
  const put = (film: string) => {
    copyFileSync(film, `${clip}.new`);
    renameSync(`${clip}.new`, clip);
  };
  return { home: join(dir, 'home'), out: join(dir, 'out'), clip, put };
}

const args = (clip: string, out: string) =>
  edit(world, clip, join(out, 'take.mov'), '--steps', '12', '--size', '128');

async function killedAt(said: RegExp, cli: RunningCli, home: string): Promise<void> {
  await cli.says(said);
  process.kill(cli.enginePid(), 'SIGKILL');
  await cli.ended;
  await allGone(home);
}

const REFUSED = /reading clip\.mov: it is not the file that this edit began with\. Put the first one back/;

describe('a clip replaced by another of its name', () => {
  it.for(['inverting', 'rendering'])(
    'after a kill while %s is refused on resuming, and goes on when it is back',
    async (stage) => {
      const { home, out, clip, put } = place(`killed-${stage}`);
      await killedAt(new RegExp(`${stage} 1/`), startRetake(args(clip, out), { home }), home);
      put(films.second);
      const refused = await retake(['resume'], { home });
      expect([refused.code, messages(refused.stderr).join()]).toEqual([1, expect.stringMatching(REFUSED)]);
      expect(filesBelow(out)).toEqual({});
      put(films.first);
      // Its date alone says nothing.
      utimesSync(clip, new Date(2001, 1, 1), new Date(2001, 1, 1));
      const report = await reportOf(['resume'], { home });
      expect(report.take.frames).toBe(12);
      expect(Object.keys(filesBelow(out)).sort()).toEqual(['take.mov', 'take.report.json']);
      const left = Object.keys(filesBelow(join(home, 'jobs')));
      expect(left.filter((name) => !name.endsWith('.lock'))).toEqual([]);
    },
  );

  it('while it renders is refused before its sound is taken', async () => {
    const { home, out, clip, put } = place('rendering');
    const cli = startRetake(args(clip, out), { home });
    await cli.says(/rendering 1\//);
    put(films.second);
    const { code, stderr } = await cli.ended;
    expect([code, messages(stderr).join()]).toEqual([1, expect.stringMatching(REFUSED)]);
    expect(filesBelow(out)).toEqual({});
  });

  it('as the clip of depth is refused alike', async () => {
    const { home, out, clip, put } = place('depth');
    const bundle = await writeTinyBundle(join(world.dir, 'depth-bundle'), { kind: 'depth' });
    const wish = [
      ...edit({ bundle }, films.first, join(out, 'take.mov'), '--steps', '12', '--size', '128'),
      '--depth',
      clip,
    ];
    await killedAt(/inverting 1\//, startRetake(wish, { home }), home);
    put(films.second);
    const refused = await retake(['resume'], { home });
    expect([refused.code, messages(refused.stderr).join()]).toEqual([1, expect.stringMatching(REFUSED)]);
    expect(filesBelow(out)).toEqual({});
  });
});
