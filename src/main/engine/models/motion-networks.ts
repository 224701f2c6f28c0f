/** Networks of motion that the artist has chosen, as parts of the model: all that asks for the model's own then asks for these. */
import type { Layout, LayoutPart } from './layout.ts';
import { pictureNetworkIn } from './picture-network.ts';
import { flowEstimator } from './roles/flow-estimator.ts';
import { interpolator } from './roles/interpolator.ts';
import type { MotionNetworks } from './types.ts';

const CHOICES = [
  {
    key: 'flow',
    role: flowEstimator.id,
    hint: 'Choose the folder of a motion estimator: model.onnx, two pictures in, the motion between them out.',
  },
  {
    key: 'interpolator',
    role: interpolator.id,
    hint: 'Choose the folder of an interpolator: model.onnx, two pictures in, the one between them out.',
  },
] as const;

/** @throws AppError usage naming a plugin that is not there, bundle-invalid naming the folder; no graph is read */
export async function withMotionNetworks(own: Layout, chosen: MotionNetworks | undefined): Promise<Layout> {
  let layout = own;
  for (const { key, role, hint } of CHOICES) {
    const dir = chosen?.[key] ?? null;
    if (dir === null) continue;
    const { file, range, rangeFile, source } = await pictureNetworkIn(dir, hint);
    const part: LayoutPart = {
      ...{ role, folder: dir, file, source },
      ...{ configFile: null, stored: false, alsoStored: false },
    };
    layout = {
      ...layout,
      parts: { ...layout.parts, [role]: part },
      ranges: { ...layout.ranges, [role]: { file: rangeFile, config: range } },
    };
  }
  return layout;
}
