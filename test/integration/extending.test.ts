/** docs/extending.md, followed to the letter in a copy of Retake: what it says is there is, and does what it says. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TakeReport } from '../../src/common/report.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { faults } from '../../tools/borders/check.ts';
import { follow, readGuide, type Touched } from '../helpers/guide.ts';
import { textModel } from '../helpers/onnx.ts';
import { writeModel } from '../helpers/onnx-files.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const root = resolve(import.meta.dirname, '../..');
const bin = (name: string) => join(root, 'node_modules/.bin', name);
const chapters = readGuide(join(root, 'docs/extending.md')).filter(({ steps }) => steps.length > 0);

const ONE_FILE_AND_ITS_NAME = { newFiles: 1, changedFiles: 1, lines: 2 };
/** What each chapter may cost: a new file, and its import and name in a list. */
const COSTS: Readonly<Record<string, { newFiles: number; changedFiles: number; lines: number }>> = {
  'An editing method': ONE_FILE_AND_ITS_NAME,
  'A solver': ONE_FILE_AND_ITS_NAME,
  'A graph pass': ONE_FILE_AND_ITS_NAME,
  'A model role': ONE_FILE_AND_ITS_NAME,
  'A take format': ONE_FILE_AND_ITS_NAME,
  // Itself and its name in the file of its group, and one line where it is read.
  'A setting': { newFiles: 0, changedFiles: 2, lines: 13 },
};

describe('extending Retake', () => {
  let copy = '';
  const touched: Touched[] = [];

  /** Runs a TypeScript file of the copy, or a program, inside it. */
  const inCopy = (program: string, ...args: string[]) => {
    const home = join(copy, 'home');
    const run = spawnSync(program, args, {
      cwd: copy,
      encoding: 'utf8',
      env: { ...process.env, RETAKE_HOME: home, NODE_COMPILE_CACHE: join(copy, 'compiled') },
    });
    return { code: run.status, output: run.stdout, errors: run.stderr };
  };
  const retake = (...args: string[]) => inCopy(process.execPath, join(copy, 'src/main/cli/main.ts'), ...args);
  /** What a few lines of a program of the copy print, as JSON. */
  const script = (text: string): unknown => {
    writeFileSync(join(copy, 'script.ts'), text);
    const { output, errors } = inCopy(process.execPath, join(copy, 'script.ts'));
    if (errors) throw new Error(errors);
    return JSON.parse(output);
  };

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'retake-extending-'));
    const parts = [
      'src',
      'tools/golden',
      'tools/benchmark',
      'tools/borders',
      'tools/lint',
      'docs',
      'package.json',
      'biome.json',
    ];
    const configs = ['base', 'common', 'main', 'preload', 'renderer'].map((name) => `tsconfig.${name}.json`);
    for (const part of [...parts, ...configs])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const chapter of chapters) touched.push(follow(chapter, copy));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('touches few places', () => {
    const costs = touched.map(({ title, newFiles, written }) => [
      title,
      {
        newFiles: newFiles.length,
        changedFiles: Object.keys(written).length,
        lines: Object.values(written).reduce((sum, lines) => sum + lines, 0),
      },
    ]);
    expect(Object.fromEntries(costs)).toEqual(COSTS);
  });

  it.each(['common', 'main', 'preload', 'renderer'])('passes the checks of types: %s', (part) => {
    expect(inCopy(bin('tsc'), '-p', `tsconfig.${part}.json`)).toEqual({ code: 0, output: '', errors: '' });
  });

  it('is written as the rest is, and crosses no border', () => {
    const files = touched.flatMap(({ newFiles, written }) => [...newFiles, ...Object.keys(written)]);
    const { code, output, errors } = inCopy(bin('biome'), 'check', '--vcs-enabled=false', ...files);
    expect({ code, told: code === 0 ? '' : output + errors }).toEqual({ code: 0, told: '' });
    expect(faults(copy)).toEqual([]);
  });

  it('lists the method with its settings, and the solver with every method it is right for', () => {
    const { code, output } = retake('methods');
    expect(code).toBe(0);
    const texts = new Map(output.split('\n\n').map((text) => [text.split(' ')[0], text]));
    expect(texts.get('echo')).toMatch(/-p strength=0\.6 +How far.*\n +-p share=0\.3 +How much/);
    for (const id of ['pix2video', 'sdedit', 'echo'])
      expect(texts.get(id)).toMatch(/--solver ddim, .*\bddpm\b/);
    expect(texts.get('mix')).not.toContain('ddpm');
  });

  it('renders with the method, the solver, the format and the setting', async () => {
    const demo = join(root, 'resources/demo');
    const take = join(copy, 'take.mov');
    const { code, output, errors } = retake(
      ...['edit', join(demo, 'clip.mp4'), '--bundle', join(demo, 'bundle'), '--out', take],
      ...['--method', 'echo', '-p', 'share=0.5', '--solver', 'DDPMScheduler', '--format', 'prores4444xq'],
      ...['--source-prompt', 'a red ball', '--prompt', 'a blue ball', '--from', '0', '--to', '2'],
      ...['--style', 'in oil', '--steps', '4', '--provider', 'cpu', '--json'],
    );
    expect({ code, told: code === 0 ? '' : errors }).toEqual({ code: 0, told: '' });
    const { settings, method, take: made } = JSON.parse(output) as TakeReport;
    expect(settings).toMatchObject({ prompts: { style: 'in oil' }, output: { format: 'prores4444xq' } });
    expect(method).toEqual({ id: 'echo', params: { strength: 0.6, share: 0.5 }, solver: 'ddpm' });
    expect(made.frames).toBe(3);
    expect((await probeClip(take)).codec).toBe('prores');
    const wrong = retake('edit', take, '--out', join(copy, 'b.mov'), '--format', 'prores4444xqd');
    expect(wrong.errors).toContain('prores4444xq');
  });

  it('reads the setting: another style is another picture, none is the prompt alone', () => {
    const demo = join(root, 'resources/demo');
    const pictures = ['', 'in oil'].map((style, index) => {
      const out = join(copy, `style-${index}`);
      const { code, errors } = retake(
        ...[
          'edit',
          join(demo, 'clip.mp4'),
          '--bundle',
          join(demo, 'bundle'),
          '--out',
          out,
          '--format',
          'png',
        ],
        ...[
          '--method',
          'sdedit',
          '--source-prompt',
          'a red ball',
          '--prompt',
          'a blue ball',
          '--style',
          style,
        ],
        ...['--from', '0', '--to', '0', '--steps', '2', '--provider', 'cpu'],
      );
      expect({ code, told: code === 0 ? '' : errors }).toEqual({ code: 0, told: '' });
      const picture = readdirSync(out).find((name) => name.endsWith('.png'))!;
      return readFileSync(join(out, picture));
    });
    expect(pictures[0]!.equals(pictures[1]!)).toBe(false);
    expect(retake('edit', '--help').output).toMatch(/--style <text> +words that follow the prompt/);
    const made = script(`
      import { SETTINGS, parseSettings } from './src/common/settings/settings.ts';
      const whole = (style: string) => parseSettings({
        source: { clip: 'a' }, model: { bundle: 'b' }, output: { path: 'c' }, prompts: { source: 'd', target: 'e', style },
      });
      const keyed = (style: string) =>
        SETTINGS.valuesThatAffect(whole(style), 'sampling').filter(([path]) => path === 'prompts.style');
      const look = SETTINGS.fieldsOf('look').some(({ path }) => path === 'prompts.style');
      console.log(JSON.stringify([look, keyed(''), keyed('in oil'), SETTINGS.defaults.prompts.style]));
    `);
    expect(made).toEqual([true, [], [['prompts.style', 'in oil']], '']);
  });

  it('applies the pass where its role lists it, and holds it to its promise', () => {
    const told = script(`
      import { parseText } from './src/main/engine/onnx/ir/text.ts';
      import { applyPasses, step } from './src/main/engine/onnx/passes/pass.ts';
      import { removeDropout } from './src/main/engine/onnx/passes/remove-dropout.ts';
      import { vaeDecoder } from './src/main/engine/models/roles/vae-decoder.ts';
      const graph = (last: string) => parseText(\`float16[B, 4] x => float16[B, 4] y
      a = Relu(x)
      b = Dropout(a)
      c = Dropout(b)
      y = \${last}(c)\`);
      const ops = (model: ReturnType<typeof graph>) => [...model.graph.nodes].map(({ op }) => op);
      const model = graph('Neg');
      const outcomes = applyPasses(model, vaeDecoder.passes(), 'the VAE decoder');
      const refused = (steps: Parameters<typeof applyPasses>[1], last: string) => {
        try { applyPasses(graph(last), steps, 'a test'); return null; } catch (error) { return (error as Error).message; }
      };
      const idle = { ...removeDropout, run: () => 0 };
      console.log(JSON.stringify([
        outcomes.of(removeDropout), ops(model), refused([step(removeDropout)], 'Dropout'), refused([step(idle)], 'Neg'),
      ]));
    `);
    expect(told).toEqual([
      2,
      ['Cast', 'Relu', 'Neg', 'Cast'],
      expect.stringMatching(/remove-dropout cannot be applied: Dropout makes an output/),
      expect.stringMatching(/remove-dropout broke its promise: there is Dropout still/),
    ]);
  });

  it('finds the network of the new role in a bundle, and runs it', async () => {
    const bundle = await writeTinyBundle(join(copy, 'bundles/with-normals'));
    const graph = textModel(
      'float16[B, 3, h, w] picture => float16[B, 3, h, w] normals\nnormals = Sigmoid(picture)',
    );
    writeModel(join(bundle, 'normal_estimator/model.onnx'), graph);
    const { code, output } = retake('bundle', 'inspect', bundle);
    expect(output).toMatch(/^normal_estimator: .*1 nodes/m);
    expect(code).toBe(0);
    const made = script(`
      import { openModel } from './src/main/engine/models/model.ts';
      import { normalEstimator } from './src/main/engine/models/roles/normal-estimator.ts';
      import { onnxFile } from './src/main/engine/models/source.ts';
      const source = onnxFile('bundles/with-normals/normal_estimator/model.onnx', { root: 'bundles/with-normals' });
      const options = { want: undefined, variant: undefined, name: 'a test', provider: 'cpu' } as const;
      const model = await openModel(normalEstimator, source, options);
      const normals = await model.functions(new Float32Array(3), 1, 1);
      await model.close();
      console.log(JSON.stringify([...normals]));
    `);
    expect(made).toEqual([0.5, 0.5, 0.5]);
    const odd = textModel(
      'float32[B, 3, h, w] picture => float32[B, h, w] normals\nnormals = Surmise(picture)',
    );
    writeModel(join(bundle, 'normal_estimator/model.onnx'), odd);
    expect(retake('bundle', 'inspect', bundle).output).toMatch(
      /error: loading the normal estimator .*Surmise/,
    );
  });

  it('makes an echo: with all of it every frame is what the one before was', () => {
    const same = script(`
      import { getMethod, parseParams } from './src/main/engine/methods/registry.ts';
      const echo = getMethod('echo');
      const have = { clean: () => new Float32Array([1]) };
      const schedule = { levels: [{ timestep: 1, alphaBar: 0.5, sigma: 1 }], final: { timestep: 0, alphaBar: 1, sigma: 0 } };
      const shape = { channels: 1, height: 1, width: 1 };
      const shot = { frames: 3, anchor: 1, anchors: [1], seed: 0, schedule, form: 'vp', shape, have };
      const [run] = echo.runs(shot as never, parseParams(echo, { share: 1 }));
      const read = { frame: 1, denoised: new Float32Array([3]), used: new Float32Array([5]), next: null };
      const seen = { denoised: new Float32Array([7]), reads: [read] };
      console.log(JSON.stringify([run!.passes!(0).map(({ reads }) => reads), ...await run!.blend!(seen as never)]));
    `);
    expect(same).toEqual([[[], [1], [1]], 5]);
  });

  it('takes golden numbers of the solver and of the method', async () => {
    await writeTinyBundle(join(copy, 'bundles/tiny'));
    const file = (name: string) => ({ file: `${name}.npy` });
    const write = (name: string, settings: object, inputs: object) => {
      const dir = join(copy, 'cases', name);
      mkdirSync(dir, { recursive: true });
      const whole = { bundle: 'tiny', settings: { steps: 3, guidance: 1, ...settings }, inputs };
      writeFileSync(
        join(dir, 'manifest.json'),
        JSON.stringify({ ...whole, outputs: { sample: file('sample') } }),
      );
      writeNpy(join(dir, 'start.npy'), [2, 4, 8, 8], (i) => Math.sin(i));
      writeNpy(join(dir, 'ctx.npy'), [2, 77, 12], (i) => Math.cos(i));
      return dir;
    };
    const echo = (share: number) =>
      write(
        '21-echo',
        { method: 'echo', params: { share }, solver: 'ddpm' },
        { x_T: file('start'), ctx: file('ctx') },
      );
    const dirs = [write('20-ddpm', {}, { noise: file('start'), ctx: file('ctx') }), echo(0.5)];
    for (const dir of dirs) writeNpy(join(dir, 'sample.npy'), [2, 4, 8, 8], () => 0);
    const values = script(`
      import { readFileSync } from 'node:fs';
      import { openBundle } from './src/main/engine/models/open.ts';
      import { ddpm } from './src/main/engine/diffusion/solvers/ddpm.ts';
      import { GoldenCase } from './tools/golden/case.ts';
      import { methodKind } from './tools/golden/kinds/method.ts';
      import { solverKind } from './tools/golden/kinds/solver.ts';
      const bundle = await openBundle('bundles/tiny', { sites: 'none', provider: 'cpu' });
      const values = [];
      for (const dir of ['cases/20-ddpm', 'cases/21-echo']) {
        const golden = new GoldenCase(dir, JSON.parse(readFileSync(dir + '/manifest.json', 'utf8')));
        const kind = methodKind(golden.settings) ?? solverKind(ddpm);
        values.push(Array.from(await kind.output(golden, bundle, 'sample')));
      }
      await bundle.close();
      console.log(JSON.stringify(values));
    `) as number[][];
    dirs.forEach((dir, at) => {
      writeNpy(join(dir, 'sample.npy'), [2, 4, 8, 8], (index) => values[at]![index]!);
    });
    const golden = () => inCopy(process.execPath, join(copy, 'tools/golden/run.ts'), join(copy, 'cases'));
    expect(golden()).toMatchObject({ code: 0, output: expect.stringContaining('2 passed, 0 failed, 0 not') });
    echo(0.4);
    expect(golden()).toMatchObject({ code: 1, output: expect.stringContaining('1 passed, 1 failed, 0 not') });
  });
});

/** A float32 array in NumPy's format. */
function writeNpy(path: string, shape: readonly number[], valueAt: (index: number) => number): void {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const padded = `${header.padEnd(64 * Math.ceil((header.length + 11) / 64) - 11)}\n`;
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8]);
  const size = shape.reduce((product, side) => product * side, 1);
  const data = Float32Array.from({ length: size }, (_, index) => valueAt(index));
  writeFileSync(path, Buffer.concat([prefix, Buffer.from(padded, 'latin1'), Buffer.from(data.buffer)]));
}
