/**
 * Memory of guided calls at Stable Diffusion 1.5 size, call by call: the runtime holds more from the second call of a size
 * on than at the first, so a first call says little. Weights are zeros in a sparse file; each measurement has a process of
 * its own.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Features } from '../../src/main/engine/diffusion/types.ts';
import { unet } from '../../src/main/engine/models/roles/unet.ts';
import { unetIo } from '../../src/main/engine/models/roles/unet-io.ts';
import { makePredict } from '../../src/main/engine/models/unet.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { applyPasses } from '../../src/main/engine/onnx/passes/pass.ts';
import { referenceAttention } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { answer, inChild, inFolder } from './child.ts';
import { ABSENT, GRAPH, layOut } from './load.ts';
import type { Measure, Row, Say } from './measure.ts';
import { held } from './process-memory.ts';
import { megabytes } from './units.ts';

/** How many frames each call reads besides its own, as an edit begins. */
const BANKS = [0, 2, 2];
const FACTOR = 8;

interface Call {
  readonly bank: number;
  readonly seconds: number;
  /** Of the processor, all cores together. */
  readonly processorSeconds: number;
  /** Resident in the end, and the most so far, bytes. */
  readonly resident: number;
  readonly peak: number;
}

export interface CallsReport {
  readonly side: number;
  readonly memoryPattern: boolean;
  readonly fused: boolean;
  readonly calls: readonly Call[];
}

/** @param how what the session is opened with, and whether self-attention is one operator */
export async function measureCalls(
  side: number,
  { memoryPattern = false, fused = false }: Partial<Pick<CallsReport, 'memoryPattern' | 'fused'>>,
  say: Say,
): Promise<CallsReport> {
  say(`${side}², memory pattern ${memoryPattern ? 'on' : 'off'}, attention ${fused ? 'fused' : 'exact'}`);
  return inFolder(async (root) => {
    const file = join(root, 'unet', 'model.onnx');
    layOut(file);
    const words = [file, String(side), String(memoryPattern), String(fused)];
    return { side, memoryPattern, fused, calls: await inChild<Call[]>(import.meta.filename, ...words) };
  });
}

function rowsOf({ side, memoryPattern, calls }: CallsReport): Row[] {
  return calls.map(({ bank, seconds, peak }, i) => [
    `SD 1.5 graph at ${side}²${memoryPattern ? ', memory pattern' : ''}, call ${i + 1} (${bank} bank frames)`,
    `${megabytes(peak)} at most so far, ${seconds.toFixed(1)} s`,
    i < 2 || memoryPattern ? '' : 'no more than call 2',
  ]);
}

async function measured(side: number, patterns: readonly boolean[], say: Say) {
  if (!existsSync(GRAPH)) return { rows: [[`SD 1.5 graph at ${side}²`, ABSENT, ''] as const], data: null };
  const reports: CallsReport[] = [];
  for (const pattern of patterns) reports.push(await measureCalls(side, { memoryPattern: pattern }, say));
  return { rows: reports.flatMap(rowsOf), data: reports };
}

/** Large enough for attention to outweigh the rest, small enough for most machines. */
export const calls: Measure = {
  id: 'calls',
  title: 'memory of guided calls, SD 1.5 graph at 384²',
  seconds: 35,
  default: true,
  memory: 8e9,
  run: (say) => measured(384, [false], say),
};

export const callsPattern: Measure = {
  id: 'calls-512',
  title: 'the same at 512², with and without a memory pattern',
  seconds: 240,
  default: false,
  memory: 17e9,
  run: (say) => measured(512, [true, false], say),
};

/** In the child. */
async function measure(file: string, pixels: string, pattern: string, fused: string): Promise<Call[]> {
  const [side, memoryPattern] = [Number(pixels), pattern === 'true'];
  const { model, folder } = loadGraph(file, { root: join(file, '..', '..') });
  const io = unetIo(model, file);
  const variant = { sites: 'decoder', fused: fused === 'true' ? 'MultiHeadAttention' : null } as const;
  const outcomes = applyPasses(model, unet.passes('forward', variant), 'the UNet');
  const sites = outcomes.of(referenceAttention)!;
  const session = await createSession(model, { folder, provider: 'cpu', memoryPattern, label: 'the UNet' });
  const size = side / FACTOR;
  const predict = makePredict(
    { session, io, sites, joint: false, file },
    { channels: 4, height: size, width: size },
    () => {},
  );
  const latent = new Float32Array(4 * size * size).fill(0.5);
  const text = { hidden: new Float32Array(77 * 768), tokens: 77, dim: 768, pooled: undefined };
  const calls: Call[] = [];
  let features: Features | undefined;
  for (const bank of BANKS) {
    const started = performance.now();
    const before = process.cpuUsage();
    // As Pix2Video: the anchor looks at itself, others at the anchor and the frame before instead.
    const lent = features ? Array.from({ length: bank }, () => features!) : [];
    const attention = { bank: lent, self: bank === 0 };
    const input = { latent, timestep: 500, branches: [text, text], attention, capture: true };
    const [made] = await predict([input]);
    features ??= made!.features;
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(before);
    const { resident, peak } = held();
    const processorSeconds = (user + system) / 1e6;
    calls.push({ bank, seconds, processorSeconds, resident, peak });
  }
  return calls;
}

await answer(import.meta.filename, measure);
