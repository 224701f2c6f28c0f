/** The other commands of `retake`, and edits whose numbers break down. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import type { ClipInfo } from '../../src/common/media.ts';
import type { TakeReport } from '../../src/common/report.ts';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import {
  edit,
  filesBelow,
  makeWorld,
  messages,
  movingClip,
  processesOf,
  retake,
  startRetake,
  type World,
} from '../helpers/cli.ts';

let world: World;
let clip: string;
beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 6 });
});
afterAll(() => world[Symbol.dispose]());

/** stdout of a command that must succeed and have nothing to say on stderr. */
async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await retake(args, world);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trimEnd();
}

describe('without an edit', () => {
  it('an empty data folder has nothing to list', async () => {
    expect(await said('jobs')).toBe('no jobs yet');
    expect(await said('cache', 'ls')).toBe('nothing cached yet');
    expect(await said('cache', 'stat')).toMatch(/cache\.sqlite\n0 items, 0 B of 8 GB\n/);
    expect(await said('cache', 'verify')).toBe('0 items checked, 0 damaged and dropped');
  });

  it('says what there is', async () => {
    expect(await said('--version')).toBe(manifest.version);
    expect(await said('--help')).toMatch(/edit \[options\] <clip>.*resume.*jobs.*cache/s);
    expect(await said('edit', '--help')).toContain('--source-prompt <text>');
    const methods = await said('methods');
    for (const id of ['pix2video', 'mix', 'sdedit', 'img2img'])
      expect(methods).toMatch(new RegExp(`^${id} `, 'm'));
    expect(methods).toMatch(/-p attention="both" +What a frame looks at/);
    expect(await said('providers')).toMatch(/^cpu +works +[\d.]+ ms a call/m);
  });

  it('probes a clip', async () => {
    const info = JSON.parse(await said('probe', clip)) as ClipInfo;
    expect(info).toMatchObject({ frames: 6, rate: { num: 12, den: 1 }, width: 64, height: 48 });
  });

  it('inspects a bundle, and fails for a broken one', async () => {
    expect(await said('bundle', 'inspect', world.bundle)).toMatch(/unet: .*parameters/);
    const { kind } = JSON.parse(await said('bundle', 'inspect', world.bundle, '--json'));
    expect(kind).toBe('sd');
    const broken = join(world.dir, 'broken');
    cpSync(world.bundle, broken, { recursive: true });
    writeFileSync(join(broken, 'unet/model.onnx'), 'version https://git-lfs.github.com/spec/v1\n');
    const run = await retake(['bundle', 'inspect', broken], world);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/^error: .*Git LFS pointer/m);
  });

  it.each<[string[], RegExp]>([
    [['shoot'], /unknown command 'shoot'.*See "retake --help"/],
    [['edit'], /missing required argument 'clip'|required option/],
    [['edit', 'clip.mov'], /required option '--model <path>' not specified\. See "retake edit --help"/],
    [['cache', 'prune'], /say what to remove: --all, --to or --older-than/],
    [['cache', 'prune', '--to', 'x'], /--to wants a number, not "x"/],
    [['cache', 'prune', '--all', '--to', '3'], /cannot be used with/],
  ])('%j is refused', async (args, line) => {
    const { code, stdout, stderr } = await retake(args, world);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(line);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('a cache limit that is no number is named', async () => {
    const { code, stderr } = await retake(['cache', 'stat'], { ...world, env: { RETAKE_CACHE_MB: 'lots' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/RETAKE_CACHE_MB is "lots"\. Give a number of megabytes/);
  });
});

describe('after an edit', () => {
  it('--json prints the report that lies beside the take', async () => {
    const run = await retake(
      [...edit(world, clip, join(world.out, 't.mp4'), '--steps', '2'), '--json'],
      world,
    );
    const report = JSON.parse(run.stdout) as TakeReport;
    expect(report).toEqual(JSON.parse(readFileSync(join(world.out, 't.report.json'), 'utf8')));
    expect(report.settings.output.format).toBe('h264');
  });

  it('lists, counts and checks what is cached', async () => {
    expect(await said('cache', 'ls')).toMatch(
      /^inverted frames +clip\.mov +bundle +a red car +ddim, 2 steps, refinement 0, \d+×\d+ +6 +\S+ kB +\d+\.\d dB +\d/m,
    );
    expect(await said('cache', 'stat')).toMatch(/\n17 items, .* of 8 GB\n.*\n/);
    expect(await said('cache', 'verify')).toBe('17 items checked, 0 damaged and dropped');
    expect(await said('cache', 'prune', '--older-than', '1')).toMatch(/^0 items removed/);
    // Frames are inverted and encoded, three prompts read, the pictures' digests kept and the frame that the take leaves to look at.
    const kinds = [...(await said('cache', 'stat')).matchAll(/^([a-z-]+) {2,}.*?(\d+) {2,}/gm)];
    expect(kinds.map(([, kind, items]) => `${kind} ${items}`).sort()).toEqual([
      'digests 1',
      'inversion 6',
      'latents 6',
      'look 1',
      'text 3',
    ]);
    expect(await said('cache', 'prune', '--all', '--kind', 'inversion')).toMatch(/^6 items removed/);
    expect(await said('cache', 'prune', '--all')).toMatch(/^11 items removed/);
    expect(await said('cache', 'ls')).toBe('nothing cached yet');
  });

  it('lists and forgets jobs; a killed one takes its unfinished file with it', async () => {
    const args = edit(world, clip, join(world.out, 'killed.mov'), '--size', '64');
    const cli = startRetake(args, world);
    await cli.says(/inverting 1\//);
    process.kill(cli.enginePid(), 'SIGKILL');
    expect((await cli.ended).code).toBe(1);
    const jobs = await said('jobs');
    expect(jobs).toMatch(/^\S{8} +done .*t\.mp4$/m);
    const id = /^(\S{8}) +running \(can be resumed\)/m.exec(jobs)![1]!;
    writeFileSync(join(world.out, `.retake-partial-${id}`), 'half a take');
    await said('jobs', '--remove', id);
    expect(await said('jobs')).not.toContain(id);
    expect(Object.keys(filesBelow(world.out)).sort()).toEqual(['t.mp4', 't.report.json']);
    expect(readdirSync(join(world.home, 'jobs')).filter((name) => name.startsWith(id))).toEqual([]);
    const { code, stderr } = await retake(['resume', id], world);
    expect([code, messages(stderr)]).toEqual([
      1,
      [`retake: looking up a job: there is no job ${id}. List the jobs to see those that exist.`],
    ]);
  });
});

describe('numbers that break down', () => {
  /** A copy of the bundle one network of which adds this to all it says. */
  function spoilt(part: string, bias: string, value: number): { bundle: string } {
    const bundle = join(world.dir, `spoilt-${part}-${value}`);
    cpSync(world.bundle, bundle, { recursive: true });
    const file = join(bundle, part, 'model.onnx');
    const model = parseModel(readFileSync(file));
    const data = model.graph.initializers.get(bias)?.data;
    if (data?.kind !== 'bytes')
      throw new Error(`${part} has no ${bias}: ${[...model.graph.initializers.keys()]}`);
    const values = new Float32Array(data.bytes.length / 4).fill(value);
    data.bytes.set(new Uint8Array(values.buffer));
    writeFileSync(file, serializeModel(model));
    return { bundle };
  }

  it.each<[string, string, string, number, string[], RegExp]>([
    ['inversion', 'unet', 'conv_out.bias', Number.NaN, [], /inverting: .*step 1, frame 3 /],
    ['inversion', 'unet', 'conv_out.bias', 3e38, [], /inverting: .*step \d, frame 3 /],
    ['sampling', 'unet', 'conv_out.bias', Number.NaN, ['--method', 'sdedit'], /sampling: .*step 1, frame 4 /],
    [
      'decoding',
      'vae_decoder',
      'decoder/conv_out.bias',
      Number.NaN,
      ['--method', 'sdedit'],
      /frame 3 broke down/,
    ],
  ])('in %s: %s %s = %d', async (_, part, bias, value, options, line) => {
    const out = join(world.out, 'nan.mov');
    const args = edit(spoilt(part, bias, value), clip, out, '--from', '3', '--anchor', '4', ...options);
    const { code, stderr, stdout } = await retake(args, world);
    expect([code, stdout]).toEqual([1, '']);
    expect(messages(stderr)).toEqual([expect.stringMatching(line)]);
    expect(existsSync(out)).toBe(false);
    expect(processesOf(world.home)).toEqual([]);
    expect((await retake(['resume'], world)).stderr).toMatch(/no unfinished job/);
  });
});
