/**
 * The repository's own small checkpoints as artists have theirs: with all files beside the networks, and text encoders that
 * know every token of CLIP's tokenizer. In the repository they know 64, which keeps them small.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { openSafetensors } from '../../src/main/engine/onnx/safetensors/open.ts';
import { resource } from '../../src/main/engine/resources.ts';
import { type TestTensor, writeSafetensors } from './safetensors-files.ts';
import { tempFolder } from './temp-folder.ts';

const TOKENS = 49408;
const OWN = join(import.meta.dirname, '../golden/checkpoints');

const DTYPES: Readonly<Record<number, string>> = {
  [ELEMENT.float32]: 'F32',
  [ELEMENT.float16]: 'F16',
  [ELEMENT.bfloat16]: 'BF16',
  [ELEMENT.int64]: 'I64',
};

/** Rows of the table stand in it again and again. */
function withAllTokens(from: string, to: string): string {
  const { tensors, metadata } = openSafetensors(from, 'reading');
  const data = readFileSync(from);
  const widened = Array.from(tensors, ([name, { dims, type, offset, length }]): [string, TestTensor] => {
    const bytes = data.subarray(offset, offset + length);
    const dtype = DTYPES[type]!;
    if (!name.endsWith('token_embedding.weight')) return [name, { dtype, shape: dims, bytes }];
    const [rows, width] = dims as [number, number];
    const times = Array<Uint8Array>(TOKENS / rows).fill(bytes);
    return [name, { dtype, shape: [TOKENS, width], bytes: Buffer.concat(times) }];
  });
  return writeSafetensors(to, Object.fromEntries(widened), Object.fromEntries(metadata));
}

/** @returns path of a file that tests may change */
export function ownSingleFile(kind: 'sd1' | 'sdxl', name = 'mine.safetensors'): string {
  return withAllTokens(join(OWN, `${kind}-single-fp16.safetensors`), join(tempFolder(), name));
}

/** @param about what model_index.json says beside the parts */
export function ownFolder(kind: 'sd1' | 'sdxl', about: object = {}): string {
  const dir = join(tempFolder(), `${kind}-folder`);
  cpSync(join(OWN, `${kind}-folder`), dir, { recursive: true });
  const xl = kind === 'sdxl';
  for (const end of xl ? ['', '_2'] : ['']) {
    const encoder = join(dir, `text_encoder${end}`);
    const config = join(encoder, 'config.json');
    const said = JSON.parse(readFileSync(config, 'utf8'));
    writeFileSync(config, JSON.stringify({ ...said, vocab_size: TOKENS }));
    const weights = xl ? 'model.fp16.safetensors' : 'model.safetensors';
    withAllTokens(join(OWN, `${kind}-folder`, `text_encoder${end}`, weights), join(encoder, weights));
    cpSync(resource('clip-tokenizer')!, join(dir, `tokenizer${end}`), { recursive: true });
  }
  mkdirSync(join(dir, 'scheduler'));
  const scheduler = {
    ...{ _class_name: 'DDIMScheduler', beta_schedule: 'scaled_linear', prediction_type: 'epsilon' },
  };
  writeFileSync(join(dir, 'scheduler', 'scheduler_config.json'), JSON.stringify(scheduler));
  const index = {
    _class_name: xl ? 'StableDiffusionXLPipeline' : 'StableDiffusionPipeline',
    ...(xl && { text_encoder_2: ['transformers', 'CLIPTextModelWithProjection'] }),
    ...about,
  };
  writeFileSync(join(dir, 'model_index.json'), JSON.stringify(index));
  return dir;
}
