/** What ControlNets add to a call of the UNet. */
import { assert } from '../../../common/errors.ts';
import type { LatentShape } from '../diffusion/types.ts';
import type { ControlResiduals } from '../onnx/passes/control-residuals.ts';
import type { Buffers } from './buffers.ts';
import type { AskControlNet } from './roles/controlnet.ts';
import type { Feeds, Row } from './unet-feeds.ts';

const NOTHING = { type: 'float32', data: new Float32Array(1), dims: [1, 1, 1, 1] } as const;

/** Residuals of all that hold the rows, scaled and summed; a zero where none does. */
export async function controlFeeds(
  { down, middle }: ControlResiduals,
  nets: readonly AskControlNet[],
  rows: readonly Row[],
  shape: LatentShape,
  buffers: Buffers,
): Promise<Feeds> {
  const inputs = [...down, middle];
  const [{ input }] = rows as [Row];
  const held = input.control ?? [];
  const feeds: Feeds = Object.fromEntries(inputs.map(({ name }) => [name, NOTHING]));
  for (const [which, { net, scale }] of held.entries()) {
    const ask = nets[net];
    assert(ask, 'the bundle was opened with the ControlNets that are asked');
    const asked = rows.map((row) => {
      const control = row.input.control?.[which];
      assert(control?.net === net && control.scale === scale, 'rows of a pass are held alike');
      return { ...row, control };
    });
    await ask(asked, shape, (place, row, residual, dims) => {
      const { name } = inputs[place]!;
      const all = buffers.float(name, rows.length * residual.length);
      const start = row * residual.length;
      if (which === 0) for (let i = 0; i < residual.length; i++) all[start + i] = scale * residual[i]!;
      else for (let i = 0; i < residual.length; i++) all[start + i] = all[start + i]! + scale * residual[i]!;
      feeds[name] = { type: 'float32', data: all, dims: [rows.length, ...dims] };
    });
  }
  return feeds;
}
