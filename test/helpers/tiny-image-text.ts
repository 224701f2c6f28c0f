/**
 * An image-text model whose answers can be had by hand: a picture becomes its mean pixel_values (red, green, blue), a
 * prompt the sum over its tokens of "car" (1, 0, 0), "swan" (0, 1, 0) and the end token (0, 0, 1).
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { textModel } from './onnx.ts';

export interface TinyImageTextOptions {
  /** Folder of the tokenizer to take over; that of a tiny bundle knows "car" and "swan". */
  readonly tokenizer: string;
  /** Where the graphs lie: in the folder itself, or in onnx/ as on the Hugging Face hub. */
  readonly inner?: boolean;
  /** Whether the text model takes a mask; without one it sums the padding too. */
  readonly mask?: boolean;
  readonly textOutput?: string;
  /** Tokens the text model was frozen at; free when absent. */
  readonly length?: number;
  /** Side of the pictures the vision model was frozen at; free when absent. */
  readonly side?: number;
  /** Numbers of a picture's embedding; beyond three they repeat red. */
  readonly pictureWidth?: number;
  readonly processor?: object;
}

const DIM = 3;
export const PROCESSOR = {
  do_resize: true,
  size: { height: 8, width: 8 },
  do_center_crop: false,
  rescale_factor: 1 / 255,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
};

/** @returns dir, which is made */
export async function writeTinyImageText(dir: string, options: TinyImageTextOptions): Promise<string> {
  const { inner = false, mask = true, textOutput = 'text_embeds', processor = PROCESSOR } = options;
  const { length = 'L', side = 'side', pictureWidth = DIM } = options;
  const graphs = inner ? join(dir, 'onnx') : dir;
  await mkdir(graphs, { recursive: true });
  const tokenizer = inner ? dir : join(dir, 'tokenizer');
  await cp(options.tokenizer, tokenizer, { recursive: true });
  const vocabulary = JSON.parse(await readFile(join(tokenizer, 'vocab.json'), 'utf8')) as Record<
    string,
    number
  >;
  const rows = Object.keys(vocabulary).length;
  const table = new Array<number>(rows * DIM).fill(0);
  for (const [axis, token] of ['car</w>', 'swan</w>', '<|endoftext|>'].entries()) {
    table[vocabulary[token]! * DIM + axis] = 1;
  }
  const ids = `int64[B, ${length}] input_ids`;
  const inputs = mask ? `${ids}, int64[B, ${length}] attention_mask` : ids;
  const masked = ['numbers = Cast<to = 1>(attention_mask)', 'column = Unsqueeze(numbers, last)'];
  const text = textModel(`${inputs} => float32[B, ${DIM}] ${textOutput}
    float32[${rows}, ${DIM}] table = {${table}}
    int64[1] tokens = {1}
    int64[1] last = {2}
    states = Gather(table, input_ids)
    ${[...(mask ? masked : []), mask ? 'read = Mul(states, column)' : 'read = Identity(states)'].join('\n')}
    ${textOutput} = ReduceSum<keepdims = 0>(read, tokens)`);
  const vision =
    textModel(`float32[B, ${DIM}, ${side}, ${side}] pixel_values => float32[B, ${pictureWidth}] image_embeds
    int64[${pictureWidth}] taken = {${Array.from({ length: pictureWidth }, (_, i) => i % DIM)}}
    means = ReduceMean<axes = [2, 3], keepdims = 0>(pixel_values)
    image_embeds = Gather<axis = 1>(means, taken)`);
  await writeFile(join(graphs, 'text_model.onnx'), serializeModel(text));
  await writeFile(join(graphs, 'vision_model.onnx'), serializeModel(vision));
  await writeFile(join(dir, 'preprocessor_config.json'), JSON.stringify(processor));
  return dir;
}
