/** ControlNets of the original trainers, by diffusers' names. They are the way down of a UNet with convolutions of their own. */
import { type Mapping, renamed } from './mapping.ts';
import { encoderModules, todaysNames, type UNetShape, unetShape } from './unet-names.ts';

const CONTROL_PREFIX = 'control_model.';
/** Trainers' sequence of convolutions with activations between them: every second is a convolution. */
const HINT_LAST = 14;

function prefixOf(names: Iterable<string>): string | null {
  for (const name of names) {
    if (name === `${CONTROL_PREFIX}input_hint_block.0.weight`) return CONTROL_PREFIX;
    if (name === 'input_hint_block.0.weight') return '';
  }
  return null;
}

function ownModules({ blocks, layers }: UNetShape): (readonly [string, string])[] {
  const zeros = blocks * (layers + 1);
  const hints = Array.from({ length: HINT_LAST / 2 - 1 }, (_, i) => i);
  return [
    ...Array.from({ length: zeros }, (_, i) => [`zero_convs.${i}.0`, `controlnet_down_blocks.${i}`] as const),
    ['middle_block_out.0', 'controlnet_mid_block'],
    ['input_hint_block.0', 'controlnet_cond_embedding.conv_in'],
    ...hints.map(
      (i) => [`input_hint_block.${2 * (i + 1)}`, `controlnet_cond_embedding.blocks.${i}`] as const,
    ),
    [`input_hint_block.${HINT_LAST}`, 'controlnet_cond_embedding.conv_out'],
  ];
}

/** Null where the file is no ControlNet of the original trainers. */
export function controlNetMapping(names: Iterable<string>): Mapping | null {
  const all = [...names];
  const prefix = prefixOf(all);
  if (prefix === null) return null;
  const inside = all.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const shape = unetShape(inside);
  const today = todaysNames([...encoderModules(shape), ...ownModules(shape)]);
  return (name, tensor) => {
    const other = name.startsWith(prefix) ? today(name.slice(prefix.length)) : null;
    return other === null ? null : renamed(other, tensor);
  };
}
