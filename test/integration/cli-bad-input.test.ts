/** Bad input, by name: one line that says what and what to try, the right exit code, nothing left behind. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  edit,
  filesBelow,
  makeWorld,
  messages,
  movingClip,
  processesOf,
  reportOf,
  retake,
  startRetake,
  type World,
} from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

let world: World;
let clip: string;
const at = (name: string) => join(world.dir, name);

beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(at('clip.mov'), { frames: 6 });
  writeFileSync(at('zero.mp4'), '');
  writeFileSync(at('text.mp4'), 'not a film');
  await ffmpegDoes('-f', 'lavfi', '-i', 'sine', '-t', '0.2', at('sound.wav'));
  mkdirSync(at('empty'));
  for (const name of ['cut', 'pointer', 'headless', 'indexless'])
    cpSync(world.bundle, at(name), { recursive: true });
  truncateSync(at('cut/unet/model.onnx'), 30_000);
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d'.repeat(32)}\nsize 99\n`;
  writeFileSync(at('pointer/unet/model.onnx'), pointer);
  rmSync(at('headless/unet/model.onnx'));
  rmSync(at('indexless/model_index.json'));
  await writeTinyBundle(at('weightless'), { external: 'weights.pb' });
  cpSync(at('weightless'), at('half'), { recursive: true });
  rmSync(at('weightless/unet/weights.pb'));
  truncateSync(at('half/unet/weights.pb'), 2000);
});
afterAll(() => world[Symbol.dispose]());

/** The one line of a refused edit; nothing else may have happened. */
async function refusal(args: readonly string[], code: number, home = world.home): Promise<string> {
  const before = filesBelow(world.out);
  const run = await retake(args, { home });
  expect(run.stderr).not.toMatch(/^ +at /m);
  expect(run.code).toBe(code);
  expect(run.stdout).toBe('');
  expect(run.stderr.split('\n')).toHaveLength(2);
  expect(filesBelow(world.out)).toEqual(before);
  expect(processesOf(home)).toEqual([]);
  return run.stderr.trimEnd();
}

describe('settings', () => {
  it.each<[string, string[], RegExp]>([
    ['an empty prompt', ['--prompt', ''], /prompt is empty; say what/],
    ['a blank prompt', ['--prompt', ' \n'], /prompt is empty; say what/],
    ['a prompt of 10 kB', ['--prompt', 'x'.repeat(10_000)], /prompt must have 4000 characters or fewer/],
    ['control characters', ['--prompt', 'a\u0007b'], /prompt holds control characters; type it/],
    ['no steps', ['--steps', '0'], /steps must be 1 or more/],
    ['10,000 steps', ['--steps', '10000'], /steps must be 1000 or less/],
    ['steps in words', ['--steps', 'ten'], /--steps wants a number, not "ten"/],
    ['half a step', ['--steps', '2.5'], /--steps wants a whole number, not "2.5"/],
    ['an anchor outside the clip', ['--anchor', '6'], /anchor, frame 6, is outside .* from 0 to 5/],
    ['an anchor outside the range', ['--from', '2', '--anchor', '1'], /anchor, frame 1, .* from 2 to 5/],
    [
      'a further anchor outside the range',
      ['--to', '2', '--anchors', '0,4'],
      /anchor, frame 4, .* from 0 to 2/,
    ],
    ['anchors in words', ['--anchors', '0,last'], /--anchors wants a number, not "last"/],
    [
      'several anchors where one leads',
      ['--method', 'sdedit', '--anchors', '0,2'],
      /Repaint, steady follows one anchor, and frame 2 is a further one\. Leave/,
    ],
    ['an anchor before the clip', ['--anchor=-1'], /anchor must be 0 or more/],
    [
      'a range outside the clip',
      ['--to', '6'],
      /frames 0 to 6 are not in the clip. The clip has frames 0 to 5/,
    ],
    ['a range that ends before it starts', ['--from', '4', '--to', '2'], /frames 4 to 2 are not in the clip/],
    ['guidance NaN', ['--guidance', 'NaN'], /--guidance wants a number, not "NaN"/],
    ['endless guidance', ['--guidance', '1e9'], /prompt strength \(guidance\) must be 50 or less/],
    ['an unknown method', ['--method', 'magic'], /no method "magic"\. Choose one of pix2video/],
    ['an unknown parameter', ['-p', 'glow=1'], /no setting "glow"\. It takes attention/],
    ['a parameter of the wrong kind', ['-p', 'weight=much'], /"weight" must be a number/],
    ['a parameter without value', ['-p', 'weight'], /--param wants name=value/],
    ['a parameter out of its range', ['--method', 'mix', '-p', 'w=2'], /"w" is a number from 0 to 1/],
    ['an unknown solver', ['--solver', 'heum'], /no solver "heum"\. Choose ddim or euler/],
    ['a solver the method has not', ['--method', 'mix', '--solver', 'ddim'], /Use Euler/],
    ['an unknown schedule', ['--schedule', 'x'], /no schedule "x"\. Choose bundle/],
    ['an unknown format', ['--format', 'xvid'], /Allowed choices are prores422hq/],
    ['an unknown provider', ['--provider', 'abacus'], /Allowed choices are auto, cpu/],
    ['an unknown option', ['--promt', 'x'], /unknown option '--promt' \(Did you mean --prompt\?\)\. See/],
  ])('%s', async (_, options, line) => {
    expect(await refusal(edit(world, clip, join(world.out, 't.mov'), ...options), 2)).toMatch(line);
  });

  it('emoji and line breaks are welcome', async () => {
    const prompt = '🚗 im Schnee ❄️\n雪の中の車';
    const report = await reportOf(
      edit(world, clip, join(world.out, 'e.mov'), '--to', '0', '--prompt', prompt),
      world,
    );
    expect(report.settings.prompts.target).toBe(prompt);
    rmSync(join(world.out, 'e.mov'));
    rmSync(join(world.out, 'e.report.json'));
  });
});

describe('clips and bundles', () => {
  it.each([
    ['zero.mp4', /reading zero\.mp4: the file is empty\. \w/],
    ['sound.wav', /reading sound\.wav: the file holds sound only\. \w/],
    ['empty', /reading empty: this is a folder/],
    ['nope.mp4', /reading nope\.mp4: there is no such file\. \w/],
    ['text.mp4', /reading text\.mp4: this is not a video that can be read\. \w/],
  ])('%s is no clip', async (name, line) => {
    expect(await refusal(edit(world, at(name), join(world.out, 't.mov')), 1)).toMatch(line);
  });

  it.each([
    ['clip.mov', /clip\.mov is not a safetensors file\. \w/],
    ['empty', /empty: the folder is empty\. \w/],
    ['nope', /nope: there is no such file or folder\. \w/],
    ['cut', /unet\/model\.onnx: the file is cut short.*Download it again/],
    ['pointer', /unet\/model\.onnx: .*Git LFS pointer.*git lfs pull/],
    ['headless', /unet\/model\.onnx: the file is missing\. Download/],
    ['indexless', /model_index\.json: the file is missing\. \w/],
    ['weightless', /weights\.pb is missing\. \w/],
    ['half', /weights\.pb is cut short.*Download it again/],
  ])('%s is no bundle', async (name, line) => {
    const args = edit({ bundle: at(name) }, clip, join(world.out, 't.mov'));
    expect(await refusal(args, 1)).toMatch(line);
  });

  it('leaves no job to resume, and names the reason in the list', async () => {
    const { stdout } = await retake(['jobs'], world);
    expect(stdout).not.toContain('can be resumed');
    expect(stdout).toMatch(/failed .*Git LFS pointer/);
    expect(await refusal(['resume'], 1)).toMatch(/there is no unfinished job/);
  });
});

describe('places for takes', () => {
  it('a missing folder, a file for a folder, a folder for a file, a wrong ending', async () => {
    const to = (out: string) => edit(world, clip, out);
    expect(await refusal(to(at('nope/t.mov')), 1)).toMatch(/folder .*nope does not exist\. Create it/);
    expect(await refusal(to(at('clip.mov/t.mov')), 1)).toMatch(/clip\.mov is not a folder\. \w/);
    mkdirSync(at('folder.mov'));
    expect(await refusal(to(at('folder.mov')), 1)).toMatch(/there is a folder of that name\. \w/);
    expect(await refusal(to(join(world.out, 't.avi')), 2)).toMatch(/cannot be named t\.avi\. .*\.mov/);
  });

  it('the clip itself', async () => {
    const own = join(world.out, 'own.mov');
    copyFileSync(clip, own);
    expect(await refusal(edit(world, own, own), 1)).toMatch(
      /would overwrite its own clip\. Choose another name/,
    );
    rmSync(own);
  });
});

/** Mounting needs the rights for it; where they are missing, the disks cannot be tried. */
function mounted(dir: string, options: string): boolean {
  mkdirSync(dir, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A network of random weights comes back poorly, and says so. */
const QUALITY = /the analysis \(inversion\) leads back/;

describe('disks', () => {
  const disks: string[] = [];
  const disk = (name: string, options: string): string | null => {
    const dir = at(name);
    if (!mounted(dir, options)) return null;
    disks.push(dir);
    return dir;
  };
  afterAll(() => {
    for (const dir of disks) execFileSync('umount', ['-l', dir]);
  });

  it('read-only', async ({ skip }) => {
    const dir = disk('read-only', 'ro') ?? skip();
    expect(await refusal(edit(world, clip, join(dir, 't.mov')), 1)).toMatch(
      /the disk is read-only\. Choose another/,
    );
    expect(await refusal(edit(world, clip, at('t.mov')), 1, join(dir, 'home'))).toMatch(/Set RETAKE_HOME/);
  });

  it('full while encoding: nothing stays, and the take is finished once there is room', async ({ skip }) => {
    const dir = disk('small', 'size=2m') ?? skip();
    const home = at('home-small');
    const args = edit(world, clip, join(dir, 't.mov'), '--format', 'prores4444');
    const running = startRetake(args, { home });
    // What can be foreseen is refused before; here another program fills the disk meanwhile.
    await running.says(QUALITY);
    writeFileSync(join(dir, 'other'), Buffer.alloc(2 * 1024 * 1024 - 48 * 1024));
    const run = await running.ended;
    expect(messages(run.stderr).filter((line) => !QUALITY.test(line))).toEqual([
      'retake: writing t.mov: the disk is full. Free some space or choose another folder, then resume.',
    ]);
    expect(run.code).toBe(1);
    expect(Object.keys(filesBelow(dir))).toEqual(['other']);

    execFileSync('mount', ['-o', 'remount,size=8m', dir]);
    const report = await reportOf(['resume'], { home });
    expect(report.inversion.unetCalls + report.sampling.unetCalls).toBe(0);
    expect(Object.keys(filesBelow(dir)).sort()).toEqual(['other', 't.mov', 't.report.json']);
  });

  it('too full for the take: refused before anything is computed', async ({ skip }) => {
    const dir = disk('tiny', 'size=64k') ?? skip();
    writeFileSync(join(dir, 'other'), Buffer.alloc(60 * 1024));
    const args = edit(world, clip, join(dir, 't.mov'), '--format', 'prores4444');
    expect(await refusal(args, 1)).toMatch(/disk is full|will need about/);
    expect(Object.keys(filesBelow(dir))).toEqual(['other']);
  });

  it.each([0, 60])('full where Retake keeps its data, %d KB left: renders, warns, forgets', async (left) => {
    const dir = disk(`home-full-${left}`, 'size=256k');
    if (dir === null) return;
    writeFileSync(join(dir, 'other'), Buffer.alloc((256 - left) * 1024));
    const out = join(world.out, `full-${left}.mov`);
    const run = await retake(edit(world, clip, out), { home: dir });
    expect(run.code).toBe(0);
    const said = messages(run.stderr).filter((line) => !QUALITY.test(line));
    expect(said[0]).toMatch(/the disk is full.*(nothing is cached|cannot be resumed)/);
    expect(said.length, said.join('\n')).toBeLessThanOrEqual(3);
    expect(existsSync(out)).toBe(true);
  });
});
