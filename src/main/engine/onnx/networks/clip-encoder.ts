/** The transformer of CLIP (Radford et al. 2021), which its text and picture networks have in common. */
import { z } from 'zod';
import type { NetworkBuilder, Value } from './builder.ts';

const size = z.int().min(1);

/** What configurations of both say of it. */
export const clipEncoderShape = {
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  hidden_act: z.enum(['quick_gelu', 'gelu']),
  layer_norm_eps: z.number().gt(0),
};

type ClipEncoder = z.output<z.ZodObject<typeof clipEncoderShape>>;

/**
 * What goes into the first layer, and what each makes: [B, tokens, hidden_size].
 * @param module "text_model.encoder"
 * @param mask added to the scores of attention
 */
export function clipEncoder(
  b: NetworkBuilder,
  module: string,
  tokens: Value,
  config: ClipEncoder,
  mask?: Value,
): Value[] {
  const { hidden_size: channels, num_attention_heads: heads, layer_norm_eps: eps } = config;
  const same = { from: channels, to: channels };
  const wide = { from: channels, to: config.intermediate_size };
  const narrow = { from: config.intermediate_size, to: channels };
  const states = [tokens];
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const at = `${module}.layers.${i}`;
    const x = states.at(-1)!;
    const before = b.layerNorm(`${at}.layer_norm1`, x, channels, eps);
    const project = (name: string) => b.linear(`${at}.self_attn.${name}`, before, same, true);
    const parts = { query: project('q_proj'), key: project('k_proj'), value: project('v_proj') };
    const options = mask === undefined ? { channels, heads } : { channels, heads, mask };
    const mixed = b.attention(`${at}.self_attn`, parts, options);
    const attended = b.add(b.linear(`${at}.self_attn.out_proj`, mixed, same, true), x);
    const after = b.layerNorm(`${at}.layer_norm2`, attended, channels, eps);
    const inner = b.linear(`${at}.mlp.fc1`, after, wide, true);
    const active = config.hidden_act === 'gelu' ? b.gelu(inner) : b.quickGelu(inner);
    states.push(b.add(b.linear(`${at}.mlp.fc2`, active, narrow, true), attended));
  }
  return states;
}
