/** ControlNets of the original trainers, by diffusers' names. They are the way down of a UNet with convolutions of their own. */
import { basename } from 'node:path';
import { AppError } from '../../../../common/errors.ts';
import { controlNetConfig } from './configurations.ts';
import { kindOfFile } from './kinds.ts';
import { type Mapping, mapped, renamed } from './mapping.ts';
import type { Component, OpenedFile } from './single-file.ts';
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

/** Null where the names are not the trainers'. */
function trainersMapping(names: Iterable<string>): Mapping | null {
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

/**
 * A ControlNet that lies in a file alone, without its config.json, by the trainers' names or by diffusers'.
 * @throws AppError bundle-invalid where the file is something else, which it names
 */
export function controlNetFile({ path, tensors }: Pick<OpenedFile, 'path' | 'tensors'>): Component {
  const file = basename(path);
  const { kind, words } = kindOfFile(tensors);
  if (kind !== 'controlnet') {
    const hint = 'Choose a ControlNet of Stable Diffusion 1.x, 2.x or XL.';
    throw new AppError('bundle-invalid', `this is ${words}, not a ControlNet`, {
      doing: `reading ${file}`,
      hint,
    });
  }
  const mapping = trainersMapping(tensors.keys()) ?? renamed;
  const { weights, taken } = mapped(`ControlNet of ${file}`, tensors, mapping);
  const other = [...tensors.keys()].find((name) => !taken.has(name));
  if (other !== undefined) {
    const hint = 'It is of a kind that Retake does not know; use another ControlNet.';
    throw new AppError('bundle-invalid', `the tensor ${other} is not a ControlNet's`, {
      doing: `reading ${file}`,
      hint,
    });
  }
  return { weights, config: controlNetConfig(weights) };
}
