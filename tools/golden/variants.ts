/** The same network in other files (half precision, external weights): one pass each, against kept outputs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { unetIo } from '../../src/main/engine/models/roles/unet-io.ts';
import { makePredict } from '../../src/main/engine/models/unet.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { float32Io } from '../../src/main/engine/onnx/passes/float-io.ts';
import { type FusedOperator, fuse } from '../../src/main/engine/onnx/passes/fused-attention.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { compare, type Row } from './compare.ts';
import { concat } from './kinds/kind.ts';
import { readNpy } from './npy.ts';

export const variantsManifest = z.object({ max_abs_err_vs_torch_fp32: z.record(z.string(), z.number()) });

/** Exact weights agree to this many times the error their maker measured, as everywhere in the goldens. */
const SLACK = 10;

export async function runVariants(
  dir: string,
  manifest: z.infer<typeof variantsManifest>,
  fused: FusedOperator | null,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [variant, measured] of Object.entries(manifest.max_abs_err_vs_torch_fp32)) {
    const suffix = variant.replace(/^unet_/, '');
    const halved = suffix.includes('16');
    const check = `check_out_${halved ? suffix : 'fp32'}.npy`;
    if (!existsSync(join(dir, variant, 'model.onnx')) || !existsSync(join(dir, check))) {
      rows.push({
        case: 'variants',
        output: variant,
        status: 'not covered',
        note: 'needs its files, which are not here',
      });
      continue;
    }
    // Two runs in half precision stray from the exact numbers by as much as was measured, each in its own direction.
    const tolerance = (halved ? 2 : SLACK) * measured;
    rows.push(
      compare(
        'variants',
        variant,
        await runVariant(dir, variant, fused),
        readNpy(join(dir, check)),
        tolerance,
      ),
    );
  }
  return rows;
}

async function runVariant(dir: string, variant: string, fused: FusedOperator | null): Promise<Float32Array> {
  const file = join(dir, variant, 'model.onnx');
  const { model, folder } = loadGraph(file, { root: join(dir, variant) });
  const io = unetIo(model, file);
  applyPasses(model, [...fuse(fused), step(float32Io)], variant);
  const session = await createSession(model, { folder, provider: 'cpu', label: variant });
  try {
    const sample = readNpy(join(dir, 'check_sample.npy'));
    const hidden = readNpy(join(dir, 'check_encoder_hidden_states.npy'));
    const timestep = readNpy(join(dir, 'check_timestep.npy')).data[0]!;
    const [count, channels, height, width] = sample.shape as [number, number, number, number];
    const [, tokens, dim] = hidden.shape as [number, number, number];
    const part = <T extends Float32Array>(data: ArrayLike<number>, i: number) =>
      Float32Array.from({ length: data.length / count }, (_, k) => data[(i * data.length) / count + k]!) as T;
    const predict = makePredict(
      { session, io, sites: [], joint: false, file },
      { channels, height, width },
      () => {},
    );
    const rows: Float32Array[] = [];
    for (let i = 0; i < count; i++) {
      const [answer] = await predict([
        {
          latent: part(sample.data, i),
          timestep,
          branches: [{ hidden: part(hidden.data, i), tokens, dim }],
        },
      ]);
      rows.push(answer!.outputs[0]!);
    }
    return concat(rows);
  } finally {
    await session.release();
  }
}
