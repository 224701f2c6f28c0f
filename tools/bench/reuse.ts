/**
 * What it costs and saves to run the whole network in some steps only (DeepCache, Ma, Fang, Wang 2024), on the shipped model and clip:
 * seconds inside the network's calls while sampling, and the PSNR of the pictures to those of the full render.
 *
 *     npx node tools/bench/reuse.ts [frames, 8 by default] [method …]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseSettings } from '../../src/common/settings/settings.ts';
import { table } from '../../src/main/cli/text.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { psnr8 } from '../../src/main/engine/metrics/psnr.ts';
import { createProgressMeter } from '../../src/main/engine/progress.ts';
import { CheckpointFile } from '../../src/main/engine/render/checkpoint-file.ts';
import type { RenderContext } from '../../src/main/engine/render/context.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';

const DEMO = resolve(import.meta.dirname, '../../resources/demo');
const METHODS = ['pix2video', 'mix', 'sdedit', 'controlvideo', 'two-stages'];
const EVERY = [2, 3, 5];

export interface ReuseRow {
  readonly method: string;
  readonly every: number;
  readonly calls: number;
  readonly shallow: number;
  /** Inside the network's calls. */
  readonly seconds: number;
  /** Of all frames together, dB; infinite for the full render itself. */
  readonly psnr: number;
}

/** @param say told of each row as soon as it is measured */
export async function benchReuse(
  frames: number,
  chosen: readonly string[],
  say: (row: ReuseRow) => void,
): Promise<ReuseRow[]> {
  const dir = mkdtempSync(join(tmpdir(), 'retake-bench-reuse-'));
  const cache = new ArtefactStore(join(dir, 'cache.sqlite'), { limitBytes: 1e9, onWarning: console.error });
  const rows: ReuseRow[] = [];
  try {
    for (const method of chosen) {
      let full: Float32Array | null = null;
      for (const every of [1, ...EVERY]) {
        const made = await rendered({ method, every, frames, dir, cache });
        const row = { ...made.row, psnr: full ? psnr8(full, made.pictures) : Number.POSITIVE_INFINITY };
        full ??= made.pictures;
        rows.push(row);
        say(row);
      }
    }
    return rows;
  } finally {
    cache.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Rendering {
  readonly method: string;
  readonly every: number;
  readonly frames: number;
  readonly dir: string;
  readonly cache: ArtefactStore;
}

async function rendered({ method, every, frames, dir, cache }: Rendering) {
  const { settings: shipped, edits } = JSON.parse(readFileSync(join(DEMO, 'demo.json'), 'utf8'));
  const settings = parseSettings({
    source: { clip: join(DEMO, 'clip.mp4'), range: { start: 0, end: frames } },
    model: { bundle: join(DEMO, 'bundle'), provider: 'cpu' },
    prompts: { ...shipped.prompts, ...edits[0].settings.prompts },
    method: { id: method },
    sampling: { steps: 25, guidance: 1.5, reuse: every },
    output: { path: join(dir, 'take.mov') },
  });
  const context: RenderContext = {
    ...{ job: 'bench', cache, warnings: [], warn: () => {}, signal: new AbortController().signal },
    checkpoint: new CheckpointFile(dir, `${method}-${every}`),
    progress: createProgressMeter(() => {}),
  };
  await using shot = await prepareShot(settings, context, false);
  const made = await derive(shot, context);
  const before = shot.bundle.runSeconds.unet;
  const { latents, unetCalls: calls, unetShallow: shallow } = await sampleShot(shot, made, context);
  const seconds = shot.bundle.runSeconds.unet - before;
  const size = 3 * shot.fit.width * shot.fit.height;
  const pictures = new Float32Array(latents.length * size);
  for (const [i, latent] of latents.entries())
    pictures.set(await shot.bundle.decode(latent, shot.shape), i * size);
  return { row: { method, every, calls, shallow, seconds }, pictures };
}

if (process.argv[1] === import.meta.filename) {
  const [frames = '8', ...chosen] = process.argv.slice(2);
  const rows = await benchReuse(Number(frames), chosen.length > 0 ? chosen : METHODS, ({ method, every }) =>
    console.error(`${method}, every ${every}`),
  );
  const cells = rows.map(({ method, every, calls, shallow, seconds, psnr }) => {
    const full = rows.find((row) => row.method === method && row.every === 1)!;
    return [
      method,
      `${every}`,
      `${calls - shallow} + ${shallow}`,
      seconds.toFixed(1),
      `× ${(seconds / full.seconds).toFixed(2)}`,
      psnr.toFixed(1),
    ];
  });
  console.log(table([['method', 'every', 'calls', 'seconds', 'time', 'PSNR'], ...cells]));
}
