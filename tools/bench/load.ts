/**
 * Load time and memory at Stable Diffusion 1.5 size: onnxruntime opening the file by path, against our load with
 * reference attention written in. The weights are zeros in a sparse file, so nothing is downloaded and no disk is
 * filled; every measurement has a process of its own.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { lendAttention } from '../../src/main/engine/onnx/passes/lend-attention.ts';
import { applyPasses } from '../../src/main/engine/onnx/passes/pass.ts';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { answer, inChild, inFolder } from './child.ts';
import type { Measure, Row, Say } from './measure.ts';
import { held } from './process-memory.ts';
import { gigabytes, megabytes } from './units.ts';

// After our own door to it, which first tells it to keep to itself.
const { default: ort } = await import('onnxruntime-node');

export const GRAPH = resolve(import.meta.dirname, '../../../shared/data/sd15/unet/model.onnx');
const RUNS = 2;
export const ABSENT = 'skipped, the trial data is absent';

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

interface LoadReport {
  readonly weightsBytes: number;
  readonly results: readonly { readonly way: Way; readonly lowMemory: boolean; readonly best: Measured }[];
  /** Our load over the plain one with the same session options, milliseconds: best against best. */
  readonly overheadMilliseconds: { readonly standard: number; readonly lowMemory: number };
}

/** Both ways, with and without prepacked weights, best of two each. */
export const load: Measure = {
  id: 'load',
  title: 'loading the SD 1.5 graph',
  seconds: 30,
  default: true,
  memory: 4e9,
  async run(say) {
    if (!existsSync(GRAPH)) return { rows: [['graph load at SD 1.5 size', ABSENT, '']], data: null };
    return inFolder(async (root) => {
      const file = join(root, 'unet', 'model.onnx');
      const weightsBytes = layOut(file);
      const results = [...(await measurePair(file, false, say)), ...(await measurePair(file, true, say))];
      const data = report(results, weightsBytes);
      return { rows: rowsOf(data), data };
    });
  },
};

/** The graph with a sparse file of zeros where it wants its weights, or with one of numbers. Returns their size in bytes. */
export function layOut(file: string, graph: string = GRAPH, filled = false): number {
  mkdirSync(join(file, '..'), { recursive: true });
  copyFileSync(graph, file);
  const ends = new Map<string, number>();
  for (const { data } of parseModel(readFileSync(graph)).graph.initializers.values()) {
    if (data.kind !== 'external') continue;
    ends.set(data.location, Math.max(ends.get(data.location) ?? 0, data.offset + (data.length ?? 0)));
  }
  for (const [location, end] of ends) {
    const weights = join(file, '..', location);
    writeFileSync(weights, '');
    if (filled) fill(weights, end);
    truncateSync(weights, end);
  }
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

/** Not a divisor of any weight's size, so that no two weights are alike. */
const BLOCK = 16_777_213;

/** Small numbers: the runtime keeps repacked weights that are alike once. */
export function fill(file: string, bytes: number): void {
  const block = Float32Array.from(
    { length: BLOCK },
    (_, i) => ((i * 2_654_435_761) % 2 ** 32) / 2 ** 38 - 2 ** -7,
  );
  const fd = openSync(file, 'r+');
  try {
    for (let at = 0; at < bytes; at += block.byteLength) writeSync(fd, block, 0, undefined, at);
  } finally {
    closeSync(fd);
  }
}

/** The two ways in turn, so that a busy moment of the machine meets both. */
async function measurePair(file: string, lowMemory: boolean, say: Say): Promise<LoadReport['results']> {
  const best = new Map<Way, Measured>();
  for (let run = 0; run < RUNS; run++) {
    for (const way of ['plain', 'ours'] as const) {
      say(`${way}${lowMemory ? ', low memory' : ''}, run ${run + 1} of ${RUNS}`);
      const measured = await inChild<Measured>(import.meta.filename, way, file, String(lowMemory));
      const known = best.get(way);
      if (!known || measured.total < known.total) best.set(way, measured);
    }
  }
  return [...best].map(([way, measured]) => ({ way, lowMemory, best: measured }));
}

const of = (results: LoadReport['results'], way: Way, lowMemory: boolean) =>
  results.find((r) => r.way === way && r.lowMemory === lowMemory)!.best;

function report(results: LoadReport['results'], weightsBytes: number): LoadReport {
  const over = (lowMemory: boolean) =>
    of(results, 'ours', lowMemory).total - of(results, 'plain', lowMemory).total;
  return { weightsBytes, results, overheadMilliseconds: { standard: over(false), lowMemory: over(true) } };
}

function rowsOf({ results, overheadMilliseconds }: LoadReport): Row[] {
  const rows = results.map(({ way, lowMemory, best }): Row => {
    const added = way === 'ours' ? ` (${best.surgery.toFixed(0)} ms surgery)` : '';
    const memory = `${gigabytes(best.anonymous)} own + ${gigabytes(best.mapped)} mapped`;
    const name = `SD 1.5 graph, ${way}${lowMemory ? ', low memory' : ''}`;
    return [name, `${best.total.toFixed(0)} ms${added}, ${memory}`, ''];
  });
  // Creating a session swings by seconds on a busy machine, so what we add is timed by itself, beside the difference.
  const surgery = Math.min(...results.filter(({ way }) => way === 'ours').map(({ best }) => best.surgery));
  rows.push(['reading, rewriting and writing the graph', `${surgery.toFixed(0)} ms`, '≤ 250 ms']);
  for (const lowMemory of [false, true]) {
    const ratio = of(results, 'ours', lowMemory).total / of(results, 'plain', lowMemory).total;
    const over = overheadMilliseconds[lowMemory ? 'lowMemory' : 'standard'];
    const name = `ours over plain${lowMemory ? ', low memory' : ''}`;
    rows.push([name, `${over.toFixed(0)} ms (× ${ratio.toFixed(2)})`, '≤ 250 ms']);
  }
  const copied = of(results, 'ours', true).anonymous - of(results, 'plain', true).anonymous;
  rows.push(['memory of its own over plain', megabytes(copied), 'no copy of 3.2 GB']);
  return rows;
}

/** In the child: one load. */
async function measure(way: string, file: string, low: string): Promise<Measured> {
  const lowMemory = low === 'true';
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
  const { own, mapped } = held();
  return { total, surgery, anonymous: own, mapped };
}

await answer(import.meta.filename, measure);
