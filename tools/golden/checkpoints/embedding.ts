/** A prompt in which a word stands for vectors, read by the whole model; every form of the embedding must give the same. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../src/common/errors.ts';
import { openBundle } from '../../../src/main/engine/models/open.ts';
import { openSafetensors } from '../../../src/main/engine/onnx/safetensors/open.ts';
import type { GoldenCase } from '../case.ts';
import type { Checkpoint, CheckpointKind } from './checkpoint.ts';

const settings = z.looseObject({ prompt: z.string(), token: z.string() });

export const embedding: CheckpointKind = {
  async output(golden, checkpoint, output) {
    if (output !== 'hidden') return 'an output of this name';
    const doing = `reading ${golden.dir}`;
    const folder = join(checkpoint.root, 'embedding');
    const kind = golden.name.replace(/-embedding.*$/, '');
    const files = readdirSync(folder).filter(
      (name) => name.startsWith(`${kind}-`) || name === `${kind}.safetensors`,
    );
    const made: Float32Array[] = [];
    for (const name of files) made.push(await hiddenWith(golden, checkpoint, join(folder, name)));
    const [first, ...others] = made;
    if (!first) throw new AppError('usage', `there is no embedding of ${kind} in ${folder}`, { doing });
    if (others.some((one) => one.some((value, i) => value !== first[i])))
      throw new AppError('internal', `the forms ${files.join(' and ')} of one embedding differ`, { doing });
    return first;
  },
};

/** A file that names no token is known by its own name. */
async function hiddenWith(golden: GoldenCase, { path }: Checkpoint, file: string): Promise<Float32Array> {
  const { prompt, token } = settings.parse(golden.settings);
  // What the network predicts has no say here, and not every single file tells.
  const options = { sites: 'none', provider: 'cpu', prediction: 'v_prediction' } as const;
  const bundle = await openBundle(path, { ...options, embeddings: [file] });
  try {
    const named = openSafetensors(file, `reading ${file}`).tensors.has(token);
    const [word] = bundle.embeddings[0]!.names;
    const side = bundle.nativeSize;
    const text = named ? prompt : prompt.replaceAll(token, word!);
    return (await bundle.embed(text, { width: side, height: side })).hidden;
  } finally {
    await bundle.close();
  }
}
