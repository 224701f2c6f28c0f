/**
 * Modules of a UNet by the names of the original trainers ("input_blocks.4.1.transformer_blocks.0.attn1.to_q") and by today's
 * ("down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"). The first number counts all layers of all blocks, the second
 * what stands in a layer: a residual block, then a transformer, then a change of size.
 */
import { type Mapping, renamed } from './mapping.ts';

/** Blocks on the way down, and layers in each. Released models have 2 layers and 4 blocks, XL 3. */
export interface UNetShape {
  readonly blocks: number;
  readonly layers: number;
}

/** Beginnings of a module's name. */
type Pair = readonly [trainers: string, today: string];

/** Inside of residual blocks; the insides of transformers are called the same by both. */
const RESNET: readonly Pair[] = [
  ['in_layers.0', 'norm1'],
  ['in_layers.2', 'conv1'],
  ['emb_layers.1', 'time_emb_proj'],
  ['out_layers.0', 'norm2'],
  ['out_layers.3', 'conv2'],
  ['skip_connection', 'conv_shortcut'],
];

const EMBEDDINGS: readonly Pair[] = [
  ['time_embed.0', 'time_embedding.linear_1'],
  ['time_embed.2', 'time_embedding.linear_2'],
  ['time_embed.cond_proj', 'time_embedding.cond_proj'],
  ['label_emb.0.0', 'add_embedding.linear_1'],
  ['label_emb.0.2', 'add_embedding.linear_2'],
  ['input_blocks.0.0', 'conv_in'],
];

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

const resnet = (trainers: string, today: string): readonly Pair[] =>
  RESNET.map(([theirs, ours]) => [`${trainers}.${theirs}`, `${today}.${ours}`]);

/** Names of the way down and of the middle, which ControlNets share. */
export function encoderModules({ blocks, layers }: UNetShape): readonly Pair[] {
  const down = range(blocks).flatMap((block) => {
    const first = 1 + block * (layers + 1);
    return [
      ...range(layers).flatMap((layer): readonly Pair[] => [
        ...resnet(`input_blocks.${first + layer}.0`, `down_blocks.${block}.resnets.${layer}`),
        [`input_blocks.${first + layer}.1`, `down_blocks.${block}.attentions.${layer}`],
      ]),
      [`input_blocks.${first + layers}.0.op`, `down_blocks.${block}.downsamplers.0.conv`] as const,
    ];
  });
  return [
    ...EMBEDDINGS,
    ...down,
    ...resnet('middle_block.0', 'mid_block.resnets.0'),
    ['middle_block.1', 'mid_block.attentions.0'],
    ...resnet('middle_block.2', 'mid_block.resnets.1'),
  ];
}

/** An upsampler is the second or third in its layer, after a transformer or without one; both are named. */
function decoderModules({ blocks, layers }: UNetShape): readonly Pair[] {
  const up = range(blocks).flatMap((block) => {
    const first = block * (layers + 1);
    const upsampler = `up_blocks.${block}.upsamplers.0.conv`;
    return [
      ...range(layers + 1).flatMap((layer): readonly Pair[] => [
        ...resnet(`output_blocks.${first + layer}.0`, `up_blocks.${block}.resnets.${layer}`),
        [`output_blocks.${first + layer}.1`, `up_blocks.${block}.attentions.${layer}`],
      ]),
      [`output_blocks.${first + layers}.1.conv`, upsampler] as const,
      [`output_blocks.${first + layers}.2.conv`, upsampler] as const,
    ];
  });
  return [...up, ['out.0', 'conv_norm_out'], ['out.2', 'conv_out']];
}

const unetModules = (shape: UNetShape) => [...encoderModules(shape), ...decoderModules(shape)];

/** Looks from the longest beginning to the shortest, at whole parts of the name. */
function renamer(pairs: readonly Pair[]): (name: string) => string | null {
  const known = new Map(pairs);
  return (name) => {
    for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
      const other = known.get(name.slice(0, end));
      if (other !== undefined) return other + name.slice(end);
    }
    return null;
  };
}

/** From the trainers' names to today's, of modules and of their weights; null for what such a network does not have. */
export function todaysNames(pairs: readonly Pair[]): (name: string) => string | null {
  return renamer(pairs);
}

export const todaysUNetNames = (shape: UNetShape) => todaysNames(unetModules(shape));

/**
 * From today's names to the trainers'. Two where the place of an upsampler depends on what stands before it.
 * @returns nothing for what such a network does not have
 */
export function trainersUNetNames(shape: UNetShape): (name: string) => readonly string[] {
  const pairs = unetModules(shape);
  const turned = (some: readonly Pair[]) => renamer(some.map(([theirs, ours]): Pair => [ours, theirs]));
  // Of two with one name the last of the list is found.
  const [after, alone] = [turned(pairs), turned([...pairs].reverse())];
  return (name) => [...new Set([alone(name), after(name)])].filter((one) => one !== null);
}

/** What the names of a UNet or ControlNet say of its shape, seen after their prefix. */
export function unetShape(names: Iterable<string>): UNetShape {
  const sizes: number[] = [];
  let last = 0;
  for (const name of names) {
    const found = /^input_blocks\.(\d+)\.0\.(op\.)?/.exec(name);
    if (!found) continue;
    last = Math.max(last, Number(found[1]));
    if (found[2]) sizes.push(Number(found[1]));
  }
  const layers = (sizes.length > 0 ? Math.min(...sizes) : last + 1) - 1;
  return { layers, blocks: layers > 0 ? Math.ceil(last / (layers + 1)) : 0 };
}

export const UNET_PREFIX = 'model.diffusion_model.';

/** The UNet of a single file. */
export function unetMapping(names: Iterable<string>): Mapping {
  const inside = [...names].filter((name) => name.startsWith(UNET_PREFIX));
  const today = todaysUNetNames(unetShape(inside.map((name) => name.slice(UNET_PREFIX.length))));
  return (name, tensor) => {
    const other = name.startsWith(UNET_PREFIX) ? today(name.slice(UNET_PREFIX.length)) : null;
    return other === null ? null : renamed(other, tensor);
  };
}
