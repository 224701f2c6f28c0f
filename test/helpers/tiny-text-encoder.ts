/** CLIP's text encoder at the size of a test: two layers, twelve channels. */
import { attr, type Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { Net } from './tiny-layers.ts';

export const TEXT_WIDTH = 12;
export const POOLED_WIDTH = 10;
export const HEADS = 2;

export interface TextOptions {
  readonly seed: number;
  readonly half: boolean;
  readonly vocabulary: number;
  readonly length: number;
  readonly ids: 'int64' | 'int32';
  /** Name of the (1, POOLED_WIDTH) output, or null for none. */
  readonly pooled: 'pooler_output' | 'text_embeds' | null;
  /** Whether every layer's states are outputs, as XL needs. */
  readonly hiddenStates: boolean;
}

export function tinyTextEncoder(options: TextOptions): Model {
  const net = new Net(options.seed, options.half);
  const width = TEXT_WIDTH;
  const ids = net.input('input_ids', ['batch_size', 'sequence_length'], ELEMENT[options.ids]);
  const table = net.weight('token_embedding.weight', [options.vocabulary, width], 0.7);
  const places = net.weight('position_embedding.weight', [1, options.length, width], 0.7);
  let x = net.add(net.op('Gather', [table, ids], {}, '/embeddings/Gather'), places, 'embeddings');
  const states = [x];
  for (let layer = 0; layer < 2; layer++) {
    const path = `encoder/layers.${layer}`;
    const normal = net.layerNorm(x, width, `${path}/layer_norm1`);
    const sizes = { channels: width, context: width, heads: HEADS };
    x = net.add(net.attention(normal, normal, sizes, `${path}/self_attn`), x, `${path}/first`);
    const wide = net.linear(
      net.layerNorm(x, width, `${path}/layer_norm2`),
      width,
      2 * width,
      `${path}/mlp/fc1`,
    );
    x = net.add(net.linear(net.silu(wide, `${path}/mlp`), 2 * width, width, `${path}/mlp/fc2`), x, path);
    states.push(x);
  }
  const last = net.layerNorm(x, width, 'final_layer_norm');
  net.output(last, 'last_hidden_state', ['batch_size', 'sequence_length', width]);
  if (options.pooled !== null) {
    // The end token has the highest id of all.
    const at = net.op('ArgMax', [ids], { axis: attr.int(1), keepdims: attr.int(1) });
    const end = net.op('GatherND', [last, at], { batch_dims: attr.int(1) });
    const projected = net.linear(end, width, POOLED_WIDTH, 'text_projection', false);
    net.output(projected, options.pooled, ['batch_size', POOLED_WIDTH]);
  }
  if (options.hiddenStates) {
    for (const [i, state] of states.entries()) {
      net.output(state, `hidden_states.${i}`, ['batch_size', 'sequence_length', width]);
    }
  }
  return net.model();
}
