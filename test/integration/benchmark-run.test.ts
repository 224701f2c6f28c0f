import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffmpegDoes } from '../helpers/clips.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { writeTinyImageText } from '../helpers/tiny-image-text.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const [SIDE, FRAMES] = [32, 2];

let dir = '';
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'retake-benchmark-'));
  await writeTinyBundle(join(dir, 'bundle'));
  await writeTinyImageText(join(dir, 'image-text'), { tokenizer: join(dir, 'bundle/tokenizer') });
  await writeSet(join(dir, 'set'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A NumPy array, as tools/world writes them. */
function writeNpy(file: string, type: string, shape: readonly number[], bytes: Uint8Array): void {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')}), }\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  const start = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
  writeFileSync(file, Buffer.concat([start, length, Buffer.from(header), bytes]));
}

/** One shot of a grey ramp whose true answer is the ramp turned around. */
async function writeSet(set: string): Promise<void> {
  const shot = join(set, '00');
  mkdirSync(shot, { recursive: true });
  const size = SIDE * SIDE;
  const ramp = Uint8Array.from({ length: FRAMES * size * 3 }, (_, i) => (Math.floor(i / 3) % SIDE) * 8);
  const pictures = [FRAMES, SIDE, SIDE, 3];
  writeFileSync(join(dir, 'ramp.rgb'), ramp);
  writeNpy(join(shot, 'source.npy'), '|u1', pictures, ramp);
  writeNpy(join(shot, 'truth-colour.npy'), '|u1', pictures, ramp.toReversed());
  writeNpy(
    join(shot, 'mask.npy'),
    '|b1',
    [FRAMES, SIDE, SIDE],
    new Uint8Array(FRAMES * size).fill(1, 0, 200),
  );
  writeNpy(join(shot, 'flow.npy'), '<f4', [FRAMES - 1, SIDE, SIDE, 2], new Uint8Array(8 * size));
  writeNpy(join(shot, 'occluded.npy'), '|b1', [FRAMES - 1, SIDE, SIDE], new Uint8Array(size));
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${SIDE}x${SIDE}`, '-r', '24'];
  await ffmpegDoes(
    ...input,
    '-i',
    join(dir, 'ramp.rgb'),
    '-c:v',
    'ffv1',
    '-pix_fmt',
    'bgr0',
    join(shot, 'source.mkv'),
  );
  const look = { shape: 'cube', colour: 'red', material: 'matte', environment: 'sea' };
  const edits = [{ kind: 'colour', to: 'blue', prompt: 'a blue cube', truth: 'truth-colour.npy' }];
  const one = { case: '00', shot: { look }, sourcePrompt: 'a red cube', edits };
  writeFileSync(join(set, 'set.json'), JSON.stringify({ side: SIDE, frames: FRAMES, cases: [one] }));
}

function benchmark(...args: string[]) {
  const out = join(dir, 'out');
  const paths = ['--set', join(dir, 'set'), '--bundle', join(dir, 'bundle'), '--out', out];
  const done = spawnSync(
    process.execPath,
    [join(ROOT, 'tools/benchmark/run.ts'), ...paths, '--steps', '2', ...args],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  return { ...done, out };
}

describe('the benchmark of edits', () => {
  it('edits, scores and reports, and goes on where it stopped', () => {
    const first = benchmark('--methods', 'unedited,ceiling,mix-0.6,anchor');
    expect(first.stderr).toBe('');
    expect(first.status).toBe(0);
    // 4 on the colour edit, and the shot itself through the autoencoder.
    expect(first.stdout).toContain('5/5');
    const results = JSON.parse(readFileSync(join(first.out, 'results.json'), 'utf8'));
    const of = (variant: string) => results.runs.find((run: { variant: string }) => run.variant === variant);
    expect(of('mix-0.6').cost).toMatchObject({ calls: FRAMES * 2, inversionCalls: FRAMES * 2 * 4 });
    // A ramp against itself turned around, by hand: mean of (8·(31 - 2x))² over x = 0…31 is 64·341 = 21824.
    expect(of('unedited').scores.psnr.whole).toBeCloseTo(10 * Math.log10(65025 / 21824), 6);
    expect(of('unedited').scores.pixelMse).toBe(0);
    expect(of('unedited').scores.judged).toBeNull();
    expect(readFileSync(join(first.out, 'results.md'), 'utf8')).not.toContain('edit seen');
    expect(readdirSync(join(first.out, 'sheets'))).toEqual(['00-colour.png']);

    // A take is kept by what was asked, not by how it was written.
    const [folder] = readdirSync(first.out).filter((name) => /^[0-9a-f]{12}$/.test(name));
    const file = join(first.out, folder!, '00-colour-mix-0.6.json');
    const request = JSON.stringify({ guide: { keep: 0 }, method: { params: { w: [0.6] }, id: 'mix' } });
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), request }));
    const second = benchmark('--methods', 'unedited,ceiling,mix-0.6,anchor,previous');
    expect(second.stdout).toContain('1/1  shot 00  colour       previous');
    expect(JSON.parse(readFileSync(join(second.out, 'results.json'), 'utf8')).runs).toHaveLength(6);
  });

  it('measures kept takes by an image-text model without rendering them again', () => {
    const asked = ['--methods', 'unedited,mix-0.6'];
    const results = (run: { out: string }) => JSON.parse(readFileSync(join(run.out, 'results.json'), 'utf8'));
    const first = benchmark(...asked);
    const cost = results(first).runs[1].cost;
    expect(cost.calls).toBe(FRAMES * 2);
    const second = benchmark(...asked, '--image-text', join(dir, 'image-text'), '--minutes', '0');
    expect(second.stderr).toBe('');
    const [unedited, mixed] = results(second).runs;
    expect(mixed.cost).toEqual(cost);
    // The ramp's mean is a little below the middle, so (-1, -1, -1); neither prompt holds a word the tiny model knows.
    expect(unedited.scores.imageText.prompt).toBeCloseTo(-1 / Math.sqrt(3), 5);
    expect(unedited.scores.imageText).toMatchObject({ frameAccuracy: 0 });
    expect(unedited.scores.imageText.consecutive).toBeCloseTo(1, 5);
    const text = readFileSync(join(second.out, 'results.md'), 'utf8');
    expect(text).toContain('| consec. image | image-text | frame acc. |');
    expect(text).toContain('are by the model image-text.');
    expect(benchmark(...asked, '--image-text', join(dir, 'bundle')).stderr).toContain(
      'there is no text_model.onnx',
    );
  });

  it('says what is wrong with a request', () => {
    const { status, stderr } = benchmark('--methods', 'unedited,magic');
    expect(status).toBe(1);
    expect(stderr).toContain('there is no method "magic"');
  });
});
