/** Runs every golden case below a folder and compares what the engine computes with the kept numbers. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { AppError, errorLine } from '../../src/common/errors.ts';
import { solvers } from '../../src/main/engine/diffusion/solvers/registry.ts';
import { type AskedAttention, chooseAttention } from '../../src/main/engine/models/attention.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Bundle } from '../../src/main/engine/models/types.ts';
import type { FusedOperator } from '../../src/main/engine/onnx/passes/fused-attention.ts';
import { GoldenCase } from './case.ts';
import { formsOf, isCheckpoint } from './checkpoints/checkpoint.ts';
import { CHECKPOINT_KINDS } from './checkpoints/kinds.ts';
import { compare, type Row, type Values } from './compare.ts';
import { clips } from './kinds/clips.ts';
import { depth } from './kinds/depth.ts';
import { flowManifest, runFlow } from './kinds/flow.ts';
import { joint } from './kinds/joint.ts';
import type { Kind } from './kinds/kind.ts';
import { methodKind } from './kinds/method.ts';
import { mixing } from './kinds/mixing.ts';
import { pix2video } from './kinds/pix2video.ts';
import { reconstruction } from './kinds/reconstruction.ts';
import { solverKind } from './kinds/solver.ts';
import { text } from './kinds/text.ts';
import { tuning } from './kinds/tuning.ts';
import { unet } from './kinds/unet.ts';
import { vae } from './kinds/vae.ts';
import { runVariants, variantsManifest } from './variants.ts';

export interface GoldenOptions {
  /** Folder of bundles; without it the one that the set names, or the nearest `bundles/` beside or above it. */
  readonly bundles?: string;
  /** Only cases whose folder holds this text. */
  readonly only?: string;
  /** How bundles compute self-attention; as their files have it unless said. */
  readonly attention?: AskedAttention;
  readonly onRow?: (row: Row) => void;
}

/** By name of the case; the first that fits. A text is what such cases need that is not built yet. */
const KINDS: readonly (readonly [RegExp, Kind | string])[] = [
  [/clip-after-clip|vidrd/, clips],
  [/reconstruction/, reconstruction],
  [/unet$|unet-with/, unet],
  [/^depth/, depth],
  [/joint|attention|cross/, joint],
  [/grad/, 'gradients through the network'],
  [/null/, 'null-text inversion'],
  [/pix2video/, pix2video],
  [/mix/, mixing],
  ...solvers
    // A name may begin with another's: euler, euler_a.
    .toSorted((a, b) => b.id.length - a.id.length)
    .map((solver) => [new RegExp(solver.id.replaceAll('_', '[_-]')), solverKind(solver)] as const),
  [/tuning/, tuning],
  [/vae/, vae],
  [/text|token/, text],
];

/** Deep enough for a folder of sets of cases. */
const MAX_DEPTH = 4;

/** One row per output, in the order of the folders. Empty where nothing was found. */
export async function runGolden(root: string, options: GoldenOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  await using bundles = new OpenBundles(options.attention);
  for (const dir of manifestsBelow(resolve(root))) {
    if (options.only && !(relative(resolve(root), dir) || basename(dir)).includes(options.only)) continue;
    for await (const row of runCase(dir, options, bundles)) {
      rows.push(row);
      options.onRow?.(row);
    }
  }
  return rows;
}

function manifestsBelow(dir: string, depth = 0): string[] {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) {
    throw new AppError('usage', `there is no folder ${dir}`, { doing: 'looking for golden cases' });
  }
  const names = readdirSync(dir).sort();
  if (names.includes('manifest.json')) return [dir];
  if (depth === MAX_DEPTH) return [];
  return names
    .filter((name) => name !== 'bundles' && name !== 'checkpoints')
    .map((name) => join(dir, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
    .flatMap((path) => manifestsBelow(path, depth + 1));
}

async function* runCase(
  dir: string,
  { bundles, attention = 'exact' }: GoldenOptions,
  open: OpenBundles,
): AsyncGenerator<Row> {
  const fused = attention === 'exact' ? null : 'MultiHeadAttention';
  let name = dir;
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
    const variants = variantsManifest.safeParse(manifest);
    if (variants.success) return yield* await runVariants(dir, variants.data, fused);

    const flow = flowManifest.safeParse(manifest);
    if (flow.success) return yield* await runFlow(dir, flow.data);

    const golden = new GoldenCase(dir, manifest);
    name = golden.name;
    const kind = kindOf(golden);
    // What is not built yet needs no model either.
    const model = typeof kind === 'string' ? golden.findBundle(bundles) : golden.bundleDir(bundles);
    if (model !== null && isCheckpoint(model)) return yield* runCheckpoint(golden, model, fused);
    if (typeof kind === 'string') {
      for (const each of Object.keys(golden.outputs)) yield notCovered(name, each, kind);
      return;
    }
    const bundle = await open.get(model!, kind);
    for (const check of kind.checks?.(golden, bundle) ?? []) {
      yield compare(name, check.output, check.got, { data: Float64Array.from(check.want) }, check.tolerance);
    }
    for (const output of Object.keys(golden.outputs)) {
      yield await runOutput(golden, output, () => kind.output(golden, bundle, output));
    }
  } catch (error) {
    yield { case: name, output: '-', status: 'fail', note: errorLine(error) };
  }
}

function kindOf({ settings, name }: GoldenCase): Kind | string {
  const byName = KINDS.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1];
  return methodKind(settings) ?? byName ?? 'a reader of such cases';
}

/** Every form of the model must give the same numbers. */
async function* runCheckpoint(
  golden: GoldenCase,
  dir: string,
  fused: FusedOperator | null,
): AsyncGenerator<Row> {
  const kind = CHECKPOINT_KINDS.find(([pattern]) => pattern.test(golden.name.toLowerCase()))?.[1];
  for (const checkpoint of formsOf(dir, fused)) {
    for (const output of Object.keys(golden.outputs)) {
      const row = await runOutput(golden, output, async () =>
        typeof kind === 'object'
          ? kind.output(golden, checkpoint, output)
          : (kind ?? 'a reader of such cases'),
      );
      yield { ...row, case: `${golden.name}, ${checkpoint.form}` };
    }
  }
}

async function runOutput(
  golden: GoldenCase,
  output: string,
  make: () => Promise<Values | string>,
): Promise<Row> {
  const { name } = golden;
  try {
    const got = await make();
    if (typeof got === 'string') return notCovered(name, output, got);
    return compare(name, output, got, golden.expected(output), golden.outputs[output]!.suggested_atol);
  } catch (error) {
    return { case: name, output, status: 'fail', note: errorLine(error) };
  }
}

function notCovered(name: string, output: string, needs: string): Row {
  return { case: name, output, status: 'not covered', note: `needs ${needs}` };
}

/** Keeps the last bundle open: cases of one set share it. */
class OpenBundles implements AsyncDisposable {
  #key = '';
  #bundle: Bundle | null = null;
  readonly #attention: AskedAttention;

  constructor(attention: AskedAttention = 'exact') {
    this.#attention = attention;
  }

  async get(dir: string, { sites, joint = false, learnt = null, gradients = [] }: Kind): Promise<Bundle> {
    const key = JSON.stringify([dir, sites, joint, learnt, gradients]);
    if (this.#bundle && this.#key === key) return this.#bundle;
    await this[Symbol.asyncDispose]();
    const provider = 'cpu';
    this.#bundle = await openBundle(dir, {
      ...{ sites, joint, learnt, gradients, provider },
      attention: (model) => chooseAttention(this.#attention, { model, shape: null, provider }),
    });
    this.#key = key;
    return this.#bundle;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bundle?.close();
    this.#bundle = null;
  }
}
