/** Edits from a terminal, measured on real processes: the take, its report, and what the cache saves. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClipInfo } from '../../src/common/media.ts';
import type { TakeReport } from '../../src/common/report.ts';
import {
  allGone,
  decodedDigests,
  edit,
  makeWorld,
  messages,
  movingClip,
  reportOf,
  retake,
  type World,
} from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';

let world: World;
let clip: string;
beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'));
});
afterAll(() => world[Symbol.dispose]());

const run = (out: string, ...more: string[]) =>
  reportOf(edit(world, clip, join(world.out, out), ...more), world);
const probe = async (path: string) => JSON.parse((await retake(['probe', path], world)).stdout) as ClipInfo;

describe('one clip, edited again and again', () => {
  const STEPS = 3;
  const edited = 6;
  const to = ['--to', `${edited - 1}`];
  let first: TakeReport;

  it('makes a take with the range, rate, size, sound and colours of its clip', async () => {
    const done = await retake(edit(world, clip, join(world.out, 'first.mov'), ...to), world);
    expect(done.stderr).toMatch(/inverting 1\/21 .*\n.*rendering 1\/18 .*\n.*encoding 1\/6/s);
    // A network of random weights cannot invert well, and Retake says so.
    expect(messages(done.stderr)).toEqual([
      expect.stringMatching(/^retake: the analysis \(inversion\) leads back to the clip at/),
    ]);
    expect(done.stdout).toContain('6 frames, 64×48, 12 fps');
    expect(done.stdout).toContain('with sound');
    expect(done.code).toBe(0);

    const take = await probe(join(world.out, 'first.mov'));
    expect(take).toMatchObject({
      codec: 'prores',
      frames: edited,
      rate: { num: 12, den: 1 },
      width: 64,
      height: 48,
      colour: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' },
      audio: [{ channels: 1, sampleRate: 48000 }],
    });
    first = JSON.parse(readFileSync(join(world.out, 'first.report.json'), 'utf8')) as TakeReport;
    expect(readdirSync(world.out).sort()).toEqual(['first.mov', 'first.report.json']);
    await allGone(world.home, 2);
  });

  it('reports what was computed', () => {
    expect(first.inversion).toMatchObject({ frames: edited, fromCache: 0, computed: edited });
    expect(first.inversion.unetCalls).toBe(edited * STEPS);
    expect(first.inversion.checkUnetCalls).toBe(STEPS);
    expect(first.inversion.reconstruction!.meanPsnr).toBeGreaterThan(5);
    expect(first.sampling).toEqual({
      unetCalls: edited * STEPS,
      unetBranches: 2 * edited * STEPS,
      resumedFrom: null,
    });
    expect(first.range).toEqual({ start: 0, end: edited });
    expect(first.method).toMatchObject({ id: 'pix2video', solver: 'ddim', params: { attention: 'both' } });
    expect(first.provider.used).toBe('cpu');
    expect(first.take).toMatchObject({ frames: edited, width: 64, height: 48, audioStreams: 1 });
    const { seconds } = first;
    expect(seconds.open + seconds.invert + seconds.sample + seconds.encode).toBeCloseTo(seconds.total, 1);
    expect(seconds.run.unet).toBeGreaterThan(0);
    expect(first.peakMemoryBytes).toBeGreaterThan(50e6);
    expect(Object.keys(first.bundle.digests)).toContain('unet');
  });

  it('a second prompt needs no inversion and makes another picture', async () => {
    const { inversion, sampling } = await run('second.mov', ...to, '--prompt', 'a blue car in the snow');
    expect(inversion).toMatchObject({ fromCache: edited, computed: 0, unetCalls: 0, checkUnetCalls: 0 });
    const { meanPsnr, minPsnr } = first.inversion.reconstruction!;
    expect(inversion.reconstruction).toEqual({ frames: 1, fromCache: 1, meanPsnr, minPsnr });
    expect(sampling.unetCalls).toBe(edited * STEPS);
    const [a, b] = await Promise.all(
      ['first.mov', 'second.mov'].map((name) => decodedDigests(join(world.out, name))),
    );
    expect(a).not.toBe(b);
  });

  it('the same request again gives the same bits', async () => {
    await run('again.mov', ...to);
    expect(await decodedDigests(join(world.out, 'again.mov'))).toBe(
      await decodedDigests(join(world.out, 'first.mov')),
    );
  });

  it('ten frames more invert ten frames', async () => {
    const { inversion } = await run('longer.mov', '--to', `${edited + 9}`);
    expect(inversion).toMatchObject({ frames: edited + 10, fromCache: edited, computed: 10 });
    expect(inversion.unetCalls).toBe(10 * STEPS);
  });

  it('another anchor, another method of the same solver and a later range invert nothing', async () => {
    const { inversion } = await run('anchor.mov', '--from', '2', '--to', '7', '--anchor', '5');
    expect(inversion).toMatchObject({ frames: 6, computed: 0, unetCalls: 0 });
    // Frame 5 led no render before, and frame 0 with its number is not in the range: it is checked now, once.
    expect(inversion.checkUnetCalls).toBe(STEPS);
    expect(inversion.reconstruction).toMatchObject({ frames: 1, fromCache: 0 });
    const again = await run('anchor.mov', '--from', '2', '--to', '7', '--anchor', '5');
    expect(again.inversion).toMatchObject({ checkUnetCalls: 0, reconstruction: { frames: 1, fromCache: 1 } });
    const other = await run('img.mov', ...to, '--method', 'img2img', '-p', 'start=inversion');
    expect(other.inversion.unetCalls).toBe(0);
  });

  it('guidance 1 leaves the negative prompt out', async () => {
    await run('a.mov', ...to, '--guidance', '1', '--negative-prompt', 'a swan');
    await run('b.mov', ...to, '--guidance', '1', '--negative-prompt', 'rain at night');
    const [a, b] = await Promise.all(['a.mov', 'b.mov'].map((name) => decodedDigests(join(world.out, name))));
    expect(a).toBe(b);
  });

  it('guidance 1 costs one branch', async () => {
    const both = await run('guided.mov', '--to', '3');
    const alone = await run('unguided.mov', '--to', '3', '--guidance', '1');
    expect(both.sampling).toMatchObject({ unetCalls: 4 * STEPS, unetBranches: 8 * STEPS });
    expect(alone.sampling).toMatchObject({ unetCalls: 4 * STEPS, unetBranches: 4 * STEPS });
    expect(alone.inversion.unetCalls).toBe(0);
  });

  describe('keep', () => {
    const keeping = (name: string, ...options: string[]) =>
      run(name, '--to', '3', '--keep', '0.5', ...options);
    const pictures = (...names: string[]) =>
      Promise.all(names.map((name) => decodedDigests(join(world.out, name))));

    it('starts guidance from the source prompt, with two branches also at guidance 1, and inverts nothing', async () => {
      const { inversion, sampling } = await keeping('kept.mov', '--guidance', '1');
      expect(inversion.unetCalls).toBe(0);
      expect(sampling).toMatchObject({ unetCalls: 4 * STEPS, unetBranches: 8 * STEPS });
      await run('free.mov', '--to', '3', '--guidance', '1');
      const [kept, free] = await pictures('kept.mov', 'free.mov');
      expect(kept).not.toBe(free);
    });

    it('leaves everything where both prompts are the same, whatever the guidance', async () => {
      const same = ['--prompt', 'a red car'];
      await keeping('weak.mov', ...same, '--guidance', '2');
      await keeping('strong.mov', ...same, '--guidance', '9');
      await run('plain.mov', '--to', '3', ...same, '--guidance', '9');
      const [weak, strong, plain] = await pictures('weak.mov', 'strong.mov', 'plain.mov');
      expect(weak).toBe(strong);
      expect(weak).not.toBe(plain);
    });

    it('says that the negative prompt is not read', async () => {
      const report = await keeping('negative.mov', '--negative-prompt', 'a swan');
      expect(report.warnings.join()).toContain('(negative-prompt) is not read');
    });
  });

  // Which settings change what is inverted: test/unit/cache-keys.test.ts.
  it('another refinement inverts again', async () => {
    const { inversion } = await run('other.mov', '--to', '1', '--refinement', '1');
    expect(inversion).toMatchObject({ fromCache: 0, computed: 2, unetCalls: 2 * 2 * STEPS });
  });
});

it("fills what is not asked with the model's own settings, and says so", async () => {
  const file = join(world.bundle, 'retake.json');
  writeFileSync(
    file,
    JSON.stringify({
      method: { id: 'sdedit', params: { strength: 1 } },
      sampling: { guidance: 1, steps: 9 },
      odd: 1,
    }),
  );
  try {
    const out = join(world.out, 'own.mov');
    const { code, stdout, stderr } = await retake(edit(world, clip, out, '--to', '1'), world);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'settings that came with the model: method sdedit, parameters {strength:1}, prompt strength 1',
    );
    expect(messages(stderr)).toEqual([
      expect.stringMatching(/retake\.json of the model: "odd" is no setting/),
    ]);
    const report = JSON.parse(readFileSync(join(world.out, 'own.report.json'), 'utf8')) as TakeReport;
    // The helper asks for three steps: the artist goes before the model.
    expect(report.settings).toMatchObject({
      method: { id: 'sdedit' },
      sampling: { steps: 3, guidance: 1 },
      guide: { keep: 0 },
    });
    expect(report.settings.origins).toMatchObject({
      'sampling.steps': 'asked',
      'sampling.guidance': 'model',
      'guide.keep': 'retake',
    });
    expect(report.sampling).toMatchObject({ unetCalls: 2 * 3, unetBranches: 2 * 3 });
    const inspected = await retake(['bundle', 'inspect', world.bundle], world);
    expect(inspected.stdout).toMatch(/^settings +its own: method sdedit, parameters \{strength:1\}, /m);
  } finally {
    rmSync(file);
  }
});

describe('clips of every kind', () => {
  it.each([
    ['sides that are no multiples of 8', '50x37', 3],
    ['a single frame', '64x48', 1],
    ['a single pixel', '1x1', 2],
    ['4K', '3840x2160', 2],
  ])('%s', async (name, size, frames) => {
    const rgb = ['-c:v', 'ffv1', '-pix_fmt', 'gbrp'];
    const source = join(world.dir, `${size}-${frames}.mkv`);
    const noise = `color=teal:s=${size}:r=25,format=gbrp,noise=alls=40:allf=t`;
    await ffmpegDoes('-f', 'lavfi', '-i', noise, '-frames:v', `${frames}`, ...rgb, source);
    const report = await reportOf(edit(world, source, join(world.out, 'kind.mov')), world);
    const [width, height] = size.split('x').map(Number);
    expect(report.take, name).toMatchObject({ frames, width, height });
    expect(await probe(join(world.out, 'kind.mov'))).toMatchObject({
      frames,
      width,
      height,
      codec: 'prores',
    });
  });

  it('a name with spaces, quotes and letters of every script, and a variable rate', async () => {
    const source = join(world.dir, `it's "the" 100 % clip – ünï 漢字 🎬.mp4`);
    const jump = "setpts='if(lt(N,4),N,N+4)/12/TB'";
    const input = ['-f', 'lavfi', '-i', `testsrc2=s=64x48:r=12,${jump}`, '-frames:v', '8'];
    await ffmpegDoes(...input, '-fps_mode', 'vfr', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', source);
    const out = join(world.out, `the "take" – 夏 %d.mov`);
    const report = await reportOf(edit(world, source, out), world);
    expect(report.clip.variableRate).toBe(true);
    expect(existsSync(out)).toBe(true);
    expect(report.take.frames).toBe(report.clip.frames);
    expect(report.take.path).toBe(out);
    expect((await probe(out)).frames).toBe(report.clip.frames);
  });
});
