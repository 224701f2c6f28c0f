/** Sizes that an export froze. */
import { AppError } from '../../../common/errors.ts';
import type { ValueInfo } from '../onnx/ir/types.ts';
import { fixedDim } from './graph-values.ts';

/** Null where it left them open, as it should. Any batch will do: passes are split or filled up. */
export interface FixedSize {
  readonly batch: number | null;
  readonly height: number | null;
  readonly width: number | null;
}

/** Of a value [B, C, h, w]. */
export function fixedSize(value: ValueInfo): FixedSize {
  return { batch: fixedDim(value, 0), height: fixedDim(value, 2), width: fixedDim(value, 3) };
}

/** Graphs exported with frozen sizes run at no other size. wanted is in the graph's own measure, pixels or latents. */
export function checkSize(
  file: string,
  fixed: FixedSize,
  wanted: { readonly height: number; readonly width: number },
): void {
  for (const side of ['height', 'width'] as const) {
    const frozen = fixed[side];
    if (frozen === null || frozen === wanted[side]) continue;
    throw new AppError(
      'bundle-invalid',
      `the graph was exported for ${side} ${frozen} only, not ${wanted[side]}`,
      {
        doing: `running ${file}`,
        hint: 'Export it again with optimum-cli export onnx, which leaves the sizes open.',
      },
    );
  }
}

/** One picture, as often as the graph was exported for: the answers are alike, the first is taken. */
export function filled(
  data: Float32Array,
  dims: readonly number[],
  batch: number | null,
): { type: 'float32'; data: Float32Array; dims: readonly number[] } {
  if (batch === null || batch === 1) return { type: 'float32', data, dims: [1, ...dims] };
  const all = new Float32Array(batch * data.length);
  for (let b = 0; b < batch; b++) all.set(data, b * data.length);
  return { type: 'float32', data: all, dims: [batch, ...dims] };
}
