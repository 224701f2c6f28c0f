/** Depth-conditioned bundles that estimate depth themselves: the maps, the errors, the edit from a terminal, the cache. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Progress } from '../../src/common/contract/jobs.ts';
import { AppError, Cancelled, errorLine } from '../../src/common/errors.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import { Maker } from '../../src/main/engine/make/maker.ts';
import { decodeFrame } from '../../src/main/engine/media/decode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { formatBundleReport } from '../../src/main/engine/models/format.ts';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { makeStructure } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { edit, makeWorld, movingClip, reportOf, retake, type World } from '../helpers/cli.ts';
import { ffmpegDoes, psnr } from '../helpers/clips.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { type ContextOptions, contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import {
  depthGraph,
  negativeDepthGraph,
  PLAIN,
  SQUARE,
  type TinyDepth,
  writeTinyDepth,
} from '../helpers/tiny-depth.ts';

let world: World;
/** 68×44, so that the canvas has padding; soft, so that scaling changes little. */
let clip: ClipInfo;
const FRAMES = 6;
beforeAll(async () => {
  world = await makeWorld({ kind: 'depth', depth: {} });
  const path = join(world.dir, 'soft.mov');
  const wave = `128+100*sin((X+4*N)/11)*cos(Y/9)`;
  const source = `nullsrc=s=68x44:r=12,format=gbrp,geq=r='${wave}':g='${wave}':b='${wave}',format=yuv444p`;
  await ffmpegDoes('-f', 'lavfi', '-i', source, '-frames:v', `${FRAMES}`, '-c:v', 'ffv1', path);
  clip = await probeClip(path);
});
afterAll(() => world[Symbol.dispose]());

/** Folder of a depth bundle. */
const written = (depth?: TinyDepth) => writeTinyBundle(join(tempFolder(), 'tiny'), { kind: 'depth', depth });

const RANGE = { start: 1, end: FRAMES };

interface Asked {
  readonly of?: string;
  readonly depth?: string | null;
  readonly size?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: ContextOptions['onProgress'];
}

/** The maps of a shot's frames, and seconds inside the estimator. */
async function structureOf(bundle: string, asked: Asked = {}) {
  const { of = clip.path, depth = null, size = 60 } = asked;
  const settings = settingsWith({
    ...{ clip: of, bundle, depth, size, range: RANGE, anchor: RANGE.start, provider: 'cpu' },
    ...{ out: join(world.out, 'none.mov'), sourcePrompt: 'a', prompt: 'b', method: 'img2img' },
  });
  const context = contextWith({ dir: world.dir, ...asked });
  await using shot = await prepareShot(settings, context, false);
  const { store, signal } = { store: null, signal: context.signal };
  const onCall = () => context.progress.advance(1);
  const structure = await makeStructure(shot, new Maker({ store, signal, onCall }), context);
  return {
    maps: structure!.maps!.flatMap((map) => [...map]),
    padding: shot.fit.left + shot.fit.top,
    seconds: shot.bundle.runSeconds.depthEstimator,
  };
}

async function mapsOf(bundle: string, depth: string | null = null): Promise<number[]> {
  const { maps, padding } = await structureOf(bundle, { depth });
  expect(padding).toBeGreaterThan(0);
  return maps;
}

function farthest(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

/** The one line that opening the bundle and estimating with it fails with. */
async function failure(depth: TinyDepth | undefined, code: string): Promise<string> {
  const error: unknown = await written(depth)
    .then((bundle) => mapsOf(bundle))
    .catch((reason) => reason);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code });
  return errorLine(error);
}

describe('the maps of a shot', () => {
  it('are those of a depth clip that holds the same, and span the shot from -1 to 1', async () => {
    const bundle = await written({});
    const estimated = await mapsOf(bundle);
    expect([Math.min(...estimated), Math.max(...estimated)]).toEqual([-1, 1]);
    // The estimator takes brightness for nearness, so the clip is its own depth clip.
    expect(farthest(estimated, await mapsOf(bundle, clip.path))).toBeLessThan(1e-5);
  });

  it.each([
    ['at a size of its own, normalised', depthGraph(), SQUARE, 0.03],
    ['at a size its graph has frozen', frozen(32, 48), PLAIN, 0.03],
    ['in half precision', depthGraph(undefined, 'float16'), SQUARE, 0.03],
    ['coarser than the latent', pooled(), SQUARE, 0.2],
  ])('%s are close to that', async (_, graph, preprocessor, most) => {
    const exact = await mapsOf(await written({}));
    const found = await mapsOf(await written({ graph, preprocessor }));
    expect(farthest(found, exact)).toBeGreaterThan(0);
    expect(farthest(found, exact)).toBeLessThan(most);
  });

  it('are larger where it is nearer', async () => {
    const [near, far] = [await written({}), await written({ graph: negativeDepthGraph() })];
    const flipped = (await mapsOf(far)).map((value) => -value);
    expect(farthest(await mapsOf(near), flipped)).toBeLessThan(1e-5);
  });

  it('load the estimator with the first picture, and not for a depth clip', async () => {
    const bundle = await written({});
    expect((await structureOf(bundle, { depth: clip.path })).seconds).toBe(0);
    expect((await structureOf(bundle)).seconds).toBeGreaterThan(0);
  });

  it('stop between two frames when cancelled', async () => {
    const bundle = await written({});
    const abort = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ done }: Progress) => {
      seen.push(done);
      if (done === 2) abort.abort();
    };
    const { signal } = abort;
    await expect(structureOf(bundle, { signal, onProgress })).rejects.toBeInstanceOf(Cancelled);
    expect(seen).toEqual([1, 2]);
  });
});

describe('an estimator that is broken', () => {
  it('without its preprocessor', async () => {
    const line = await failure({ preprocessor: null }, 'bundle-invalid');
    expect(line).toMatch(/feature_extractor.preprocessor_config\.json: the file is missing/);
  });

  it('with a preprocessor that says nothing of the size', async () => {
    const line = await failure({ preprocessor: { do_resize: true } }, 'bundle-invalid');
    expect(line).toContain('"size": do_resize needs a size');
  });

  it('without a depth', async () => {
    const nodes = 'predicted_depth = ReduceMean<axes = [1], keepdims = 1>(pixel_values)';
    const line = await failure({ graph: depthGraph(nodes, 'float32', 'B, 1, h, w') }, 'bundle-invalid');
    expect(line).toContain('no depth estimator: it has no output predicted_depth [batch, height, width]');
    expect(line).toContain('found predicted_depth float32 [B, 1, h, w]');
  });

  it('whose depth has another rank than it says', async () => {
    const nodes = 'predicted_depth = ReduceMean<axes = [1], keepdims = 1>(pixel_values)';
    const line = await failure({ graph: depthGraph(nodes) }, 'bundle-invalid');
    expect(line).toMatch(/gives \[1,1,\d+,\d+\], not one map/);
  });

  it('of another size than the preprocessor makes', async () => {
    const line = await failure({ graph: frozen(32, 48), preprocessor: SQUARE }, 'bundle-invalid');
    expect(line).toContain('exported for height 32 only, not 64');
  });

  it('whose numbers break down in one frame', async () => {
    // Of a shot that darkens only the last frame is black; its logarithm is not finite.
    const path = join(world.dir, 'darkening.mov');
    const source = `nullsrc=s=64x48:r=12,format=gbrp,geq=r='250-50*N':g='250-50*N':b='250-50*N'`;
    await ffmpegDoes('-f', 'lavfi', '-i', source, '-frames:v', '6', '-c:v', 'ffv1', path);
    const nodes = 'm = ReduceMean<axes = [1], keepdims = 0>(pixel_values)\npredicted_depth = Log(m)';
    const bundle = await written({ graph: depthGraph(nodes) });
    const done = structureOf(bundle, { of: path, size: 32 });
    await expect(done).rejects.toMatchObject({
      code: 'not-finite',
      message: 'the depth of frame 5 broke down (not a number)',
    });
  });

  it('or missing: both ways out are named', async () => {
    const line = await failure(undefined, 'usage');
    expect(line).toMatch(/tiny wants the depth of every frame.*depth clip.*depth_estimator\/model\.onnx/);
  });
});

describe('a bundle with one', () => {
  it('says so when inspected, and its digest hangs on the preprocessor', async () => {
    const dir = await writeTinyBundle(join(tempFolder(), 'tiny'), { kind: 'depth', depth: {} });
    const report = await inspectBundle(dir);
    expect([report.depth, report.defects, report.warnings]).toEqual(['estimator', [], []]);
    const text = formatBundleReport(report);
    expect(text).toMatch(/^depth +estimated by the bundle$/m);
    expect(text).toContain('in   pixel_values float32 [B, 3, H, W]');
    await writeTinyDepth(dir, { preprocessor: SQUARE });
    const other = await inspectBundle(dir);
    expect(other.digests!.depthEstimator).toMatch(/^[0-9a-f]{64}$/);
    expect(other.digests!.depthEstimator).not.toBe(report.digests!.depthEstimator);
    expect({ ...other.digests, depthEstimator: '' }).toEqual({ ...report.digests, depthEstimator: '' });
    await rm(join(dir, 'feature_extractor'), { recursive: true });
    expect((await inspectBundle(dir)).defects).toEqual([expect.stringContaining('the file is missing')]);
    await rm(join(dir, 'depth_estimator'), { recursive: true });
    expect(formatBundleReport(await inspectBundle(dir))).toMatch(/^depth +not estimated .*depth clip$/m);
  });

  it('and a network that takes no depth leaves it alone', async () => {
    const dir = await writeTinyBundle(join(tempFolder(), 'tiny'));
    await writeTinyDepth(dir);
    await writeFile(join(dir, 'depth_estimator', 'model.onnx'), 'no graph');
    const bundle = await openBundle(dir, { sites: 'none', provider: 'cpu' });
    expect([bundle.depth, bundle.digests.depthEstimator]).toEqual([null, undefined]);
    await bundle.close();
  });
});

describe('an edit from a terminal', () => {
  const run = (out: string, ...more: string[]) =>
    reportOf(edit(world, clip.path, join(world.out, out), '--size', '60', ...more), world);

  it('needs no depth clip, and is what the same depth as a clip makes', async () => {
    const done = await retake(edit(world, clip.path, join(world.out, 'own.mov'), '--size', '60'), world);
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(/opening 1\/6 .*\n.*inverting 1\/21/s);
    const given = await run('given.mov', '--depth', clip.path);
    expect(given.structure).toEqual({ source: 'clip' });
    const pictures: Uint8Array[] = [];
    for (const name of ['own.mov', 'given.mov']) {
      const take = await probeClip(join(world.out, name));
      pictures.push(await decodeFrame(take, 4, { width: 68, height: 44 }));
    }
    expect(psnr(pictures[0]!, pictures[1]!)).toBeGreaterThan(45);
  });

  it('inverts again when the estimator sees other depth, and only then', async () => {
    const again = await run('again.mov');
    expect(again.structure).toEqual({ source: 'estimator' });
    expect(again.bundle.digests.depthEstimator).toMatch(/^[0-9a-f]{64}$/);
    expect(again.inversion).toMatchObject({ fromCache: FRAMES, computed: 0 });
    await writeTinyDepth(world.bundle, { graph: negativeDepthGraph() });
    const other = await run('other.mov');
    expect(other.inversion).toMatchObject({ fromCache: 0, computed: FRAMES });
    expect((await run('more.mov')).inversion).toMatchObject({ fromCache: FRAMES, computed: 0 });
    await writeTinyDepth(world.bundle);
    expect((await run('back.mov')).inversion).toMatchObject({ fromCache: FRAMES, computed: 0 });
    const pictures: Uint8Array[] = [];
    for (const name of ['own.mov', 'other.mov', 'back.mov']) {
      const take = await probeClip(join(world.out, name));
      pictures.push(await decodeFrame(take, 4, { width: 68, height: 44 }));
    }
    expect(psnr(pictures[0]!, pictures[2]!)).toBe(Number.POSITIVE_INFINITY);
    expect(psnr(pictures[0]!, pictures[1]!)).toBeLessThan(40);
  });

  it('without an estimator is refused before anything is made', async () => {
    const bare = await makeWorld({ kind: 'depth' });
    onTestFinished(() => bare[Symbol.dispose]());
    const moving = await movingClip(join(bare.dir, 'clip.mov'), { frames: 4 });
    const refused = await retake(edit(bare, moving, join(bare.out, 'take.mov')), bare);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('cannot estimate it');
  });
});

function frozen(height: number, width: number) {
  const graph = depthGraph();
  graph.graph.inputs[0] = { ...graph.graph.inputs[0]!, dims: [1, 3, height, width] };
  return graph;
}

/** 16×16 samples: fewer than the latent has cells across. */
function pooled() {
  return depthGraph(
    'p = AveragePool<kernel_shape = [4, 4], strides = [4, 4]>(pixel_values)\npredicted_depth = ReduceMean<axes = [1], keepdims = 0>(p)',
  );
}
