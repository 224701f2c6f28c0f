/**
 * Memory of guided calls at Stable Diffusion 1.5 size, call by call: the runtime holds more from the second call of a size
 * on than at the first, so a first call says little. Weights are zeros in a sparse file; each measurement has a process of
 * its own.
 *
 *     npx node tools/bench/calls.ts [side in pixels] [on|off: the runtime's memory pattern, both by default]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../../src/main/cli/text.ts';
import type { Features } from '../../src/main/engine/diffusion/types.ts';
import { unet } from '../../src/main/engine/models/roles/unet.ts';
import { unetIo } from '../../src/main/engine/models/roles/unet-io.ts';
import { makePredict } from '../../src/main/engine/models/unet.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { applyPasses } from '../../src/main/engine/onnx/passes/pass.ts';
import { referenceAttention } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { GRAPH, layOut } from './load.ts';

/** How many frames each call reads besides its own, as an edit begins. */
const BANKS = [0, 2, 2];
const FACTOR = 8;

interface Call {
  readonly bank: number;
  readonly seconds: number;
  /** Resident in the end, and the most so far, bytes. */
  readonly resident: number;
  readonly peak: number;
}

export interface CallsReport {
  readonly side: number;
  readonly memoryPattern: boolean;
  readonly calls: readonly Call[];
}

/** Null where the trial data is absent. At 512² it takes 10 to 15 GB and minutes. */
export function benchCalls(side: number, memoryPattern: boolean): CallsReport | null {
  if (!existsSync(GRAPH)) return null;
  const root = mkdtempSync(join(tmpdir(), 'retake-bench-calls-'));
  try {
    const file = join(root, 'unet', 'model.onnx');
    layOut(file);
    const args = [import.meta.filename, 'measure', file, String(side), String(memoryPattern)];
    const calls = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Call[];
    return { side, memoryPattern, calls };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** In the child. */
async function measure(file: string, side: number, memoryPattern: boolean): Promise<Call[]> {
  const { model, folder } = loadGraph(file, { root: join(file, '..', '..') });
  const io = unetIo(model, file);
  const outcomes = applyPasses(model, unet.passes('forward', { sites: 'decoder' }), 'the UNet');
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
    // As Pix2Video: the anchor looks at itself, others at the anchor and the frame before instead.
    const lent = features ? Array.from({ length: bank }, () => features!) : [];
    const attention = { bank: lent, self: bank === 0 };
    const input = { latent, timestep: 500, branches: [text, text], attention, capture: true };
    const [made] = await predict([input]);
    features ??= made!.features;
    const status = readFileSync('/proc/self/status', 'utf8');
    const bytes = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
    const seconds = (performance.now() - started) / 1000;
    calls.push({ bank, seconds, resident: bytes('VmRSS'), peak: bytes('VmHWM') });
  }
  return calls;
}

if (process.argv[1] === import.meta.filename) {
  const [first, ...rest] = process.argv.slice(2);
  if (first === 'measure') {
    process.stdout.write(JSON.stringify(await measure(rest[0]!, Number(rest[1]), rest[2] === 'true')));
  } else {
    const patterns = rest[0] === undefined ? [true, false] : [rest[0] === 'on'];
    const reports = patterns.map((pattern) => benchCalls(Number(first ?? 512), pattern));
    const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
    const rows = reports.flatMap((report) =>
      (report?.calls ?? []).map(({ bank, seconds, resident, peak }, i) => [
        report!.memoryPattern ? 'on' : 'off',
        `${i + 1}, ${bank} bank frames`,
        `${seconds.toFixed(1)} s`,
        gigabytes(resident),
        gigabytes(peak),
      ]),
    );
    console.log(table([['memory pattern', 'call', 'time', 'resident', 'peak'], ...rows]));
  }
}
