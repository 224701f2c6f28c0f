/**
 * Load time and memory at Stable Diffusion 1.5 size: onnxruntime opening the file by path, against our load with
 * reference attention written in. The weights are zeros in a sparse file, so nothing is downloaded and no disk is
 * filled; every measurement has a process of its own.
 *
 *     npx node tools/bench/load.ts
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { table } from '../../src/main/cli/text.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { lendAttention } from '../../src/main/engine/onnx/passes/lend-attention.ts';
import { applyPasses } from '../../src/main/engine/onnx/passes/pass.ts';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';

// After our own door to it, which first tells it to keep to itself.
const { default: ort } = await import('onnxruntime-node');

export const GRAPH = resolve(import.meta.dirname, '../../../shared/data/sd15/unet/model.onnx');
const RUNS = 2;

type Way = 'plain' | 'ours';

interface Measured {
  /** From the file's path to a session that can run, milliseconds. */
  readonly total: number;
  /** Ours only: reading, rewriting and writing the graph, milliseconds; what we add to the plain load. */
  readonly surgery: number;
  /** Of the process afterwards, bytes: memory of its own, and pages shared with files. */
  readonly anonymous: number;
  readonly mapped: number;
}

export interface LoadReport {
  /** null where the trial data is absent. */
  readonly model: string | null;
  readonly weightsBytes: number;
  readonly results: readonly { readonly way: Way; readonly lowMemory: boolean; readonly best: Measured }[];
  /** Our load over the plain one with the same session options, milliseconds: best against best. */
  readonly overheadMilliseconds: { readonly standard: number; readonly lowMemory: number };
  /** Measure, value, target: for a table. */
  readonly rows: string[][];
}

/** Both ways, with and without prepacked weights, best of two each. Takes about a minute and 4 GB of memory. */
export async function benchLoad(): Promise<LoadReport> {
  if (!existsSync(GRAPH)) {
    const rows = [['graph load at SD 1.5 size', 'skipped, the trial data is absent', '']];
    return {
      model: null,
      weightsBytes: 0,
      results: [],
      overheadMilliseconds: { standard: 0, lowMemory: 0 },
      rows,
    };
  }
  const root = mkdtempSync(join(tmpdir(), 'retake-bench-load-'));
  try {
    const file = join(root, 'unet', 'model.onnx');
    const weightsBytes = layOut(file);
    const results = [false, true].flatMap((lowMemory) => measurePair(file, lowMemory));
    return report(results, weightsBytes);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The graph with a sparse file of zeros where it wants its weights. Returns their size in bytes. */
export function layOut(file: string): number {
  mkdirSync(join(file, '..'), { recursive: true });
  copyFileSync(GRAPH, file);
  const ends = new Map<string, number>();
  for (const { data } of parseModel(readFileSync(GRAPH)).graph.initializers.values()) {
    if (data.kind !== 'external') continue;
    ends.set(data.location, Math.max(ends.get(data.location) ?? 0, data.offset + (data.length ?? 0)));
  }
  for (const [location, end] of ends) {
    writeFileSync(join(file, '..', location), '');
    truncateSync(join(file, '..', location), end);
  }
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

/** The two ways in turn, so that a busy moment of the machine meets both. */
function measurePair(file: string, lowMemory: boolean): LoadReport['results'] {
  const best = new Map<Way, Measured>();
  for (let run = 0; run < RUNS; run++) {
    for (const way of ['plain', 'ours'] as const) {
      const args = [import.meta.filename, 'measure', way, file, String(lowMemory)];
      const measured = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured;
      const known = best.get(way);
      if (!known || measured.total < known.total) best.set(way, measured);
    }
  }
  return [...best].map(([way, measured]) => ({ way, lowMemory, best: measured }));
}

function report(results: LoadReport['results'], weightsBytes: number): LoadReport {
  const of = (way: Way, lowMemory: boolean) =>
    results.find((r) => r.way === way && r.lowMemory === lowMemory)!.best;
  const over = (lowMemory: boolean) => of('ours', lowMemory).total - of('plain', lowMemory).total;
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GB`;
  const rows = results.map(({ way, lowMemory, best }) => [
    `SD 1.5 graph, ${way}${lowMemory ? ', low memory' : ''}`,
    `${best.total.toFixed(0)} ms${way === 'ours' ? ` (${best.surgery.toFixed(0)} ms surgery)` : ''}, ${gigabytes(best.anonymous)} own + ${gigabytes(best.mapped)} mapped`,
    '',
  ]);
  // Creating a session swings by seconds on a busy machine, so what we add is timed by itself, beside the difference.
  const surgery = Math.min(...results.filter(({ way }) => way === 'ours').map(({ best }) => best.surgery));
  rows.push(['reading, rewriting and writing the graph', `${surgery.toFixed(0)} ms`, '≤ 250 ms']);
  for (const lowMemory of [false, true]) {
    const ratio = of('ours', lowMemory).total / of('plain', lowMemory).total;
    rows.push([
      `ours over plain${lowMemory ? ', low memory' : ''}`,
      `${over(lowMemory).toFixed(0)} ms (× ${ratio.toFixed(2)})`,
      '≤ 250 ms',
    ]);
  }
  const copied = of('ours', true).anonymous - of('plain', true).anonymous;
  rows.push(['memory of its own over plain', `${(copied / 2 ** 20).toFixed(0)} MB`, 'no copy of 3.2 GB']);
  const overheadMilliseconds = { standard: over(false), lowMemory: over(true) };
  return { model: 'sd15/unet', weightsBytes, results, overheadMilliseconds, rows };
}

/** In the child: one load. */
async function measure(way: Way, file: string, lowMemory: boolean): Promise<Measured> {
  // Loading the runtime's own library is neither way's business.
  ort.listSupportedBackends();
  const start = performance.now();
  let surgery = 0;
  if (way === 'plain') {
    const session = lowMemory ? { disable_prepacking: '1' } : {};
    await ort.InferenceSession.create(file, { executionProviders: ['cpu'], extra: { session } });
  } else {
    const { model, folder } = loadGraph(file, { root: join(file, '..', '..') });
    applyPasses(model, lendAttention({ sites: 'decoder' }), 'the UNet');
    const bytes = serializeModel(model);
    surgery = performance.now() - start;
    await createSession(bytes, { folder, provider: 'cpu', lowMemory, label: 'the UNet' });
  }
  const total = performance.now() - start;
  const status = readFileSync('/proc/self/status', 'utf8');
  const kilobytes = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  return { total, surgery, anonymous: kilobytes('RssAnon') * 1024, mapped: kilobytes('RssFile') * 1024 };
}

if (process.argv[1] === import.meta.filename) {
  const [command, way, file, lowMemory] = process.argv.slice(2);
  if (command === 'measure') {
    process.stdout.write(JSON.stringify(await measure(way as Way, file!, lowMemory === 'true')));
  } else {
    const result = await benchLoad();
    console.log(table([['measure', 'value', 'target'], ...result.rows]));
    console.log(JSON.stringify(result, null, 2));
  }
}
