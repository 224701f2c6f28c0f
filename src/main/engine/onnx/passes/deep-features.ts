/**
 * What the depth of a UNet makes for its outermost layers, given out so that the next steps need not compute it (DeepCache,
 * Ma, Fang, Wang 2024, section 3.2).
 */
import { AppError } from '../../../../common/errors.ts';
import { skipsOf } from '../attention/skips.ts';
import { convolutionMaking } from '../ir/channels.ts';
import { lostValue, type Pass } from './pass.ts';

/** Output, [B, channels, h, w]. */
export const DEEP_FEATURES = 'deep_features';

export interface DeepFeaturesAt {
  /** What is given out: all that the outermost layers read of the depth. */
  readonly value: string;
  /** Its element type by its ONNX number. */
  readonly type: number;
  readonly channels: number;
}

/**
 * Requires: skip connections; comes before control-residuals, which stands between them and what they join. Ensures: one output
 * more, the rest as it was. `skips` counts the connections, from the outermost one, that the layers around the depth have.
 * @throws AppError bundle-invalid where what is joined does not come from a convolution
 */
export const deepFeatures: Pass<{ readonly skips: number }, DeepFeaturesAt> = {
  id: 'deep-features',
  requires: () => null,
  run({ graph }, { skips }, doing) {
    const found = skipsOf(graph);
    const outermost = found.at(-Math.min(skips, found.length));
    if (!outermost) throw unsuited('it has no skip connections', doing);
    const { join, deep } = outermost;
    const value = join.inputs[deep]!;
    const weight = convolutionMaking(graph, value);
    const channels = weight?.tensor.dims[0];
    if (!weight || channels === undefined)
      throw unsuited(`what ${join.label} joins comes from no plain convolution`, doing);
    graph.addNode('Identity', [value], {}, { outputs: [DEEP_FEATURES] });
    const dims = ['batch', channels, 'height', 'width'].map((side) =>
      typeof side === 'string' ? `${DEEP_FEATURES}_${side}` : side,
    );
    graph.outputs.push({ name: DEEP_FEATURES, type: weight.type, dims });
    return { value, type: weight.type, channels };
  },
  ensures(model, { before }) {
    if (!model.graph.outputs.some(({ name }) => name === DEEP_FEATURES))
      return `${DEEP_FEATURES} is no output`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

function unsuited(why: string, doing: string): AppError {
  return new AppError('bundle-invalid', `nothing of the network can be reused between steps: ${why}`, {
    doing,
    hint: 'Set the reuse to 1, which is off, or export the model again without fused or optimised operators.',
  });
}
