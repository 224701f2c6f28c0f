/** A network with what a LoRA adds to it, under each naming in which the LoRA lies there; inputs are those of the cases of the model alone. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { matchLora } from '../../../src/main/engine/models/loras/match.ts';
import { readLora } from '../../../src/main/engine/models/loras/read.ts';
import type { WrittenNetwork } from '../../../src/main/engine/onnx/networks/builder.ts';
import type { Feed } from '../../../src/main/engine/onnx/ort.ts';
import { lowRank } from '../../../src/main/engine/onnx/passes/low-rank.ts';
import { step } from '../../../src/main/engine/onnx/passes/pass.ts';
import { GoldenCase } from '../case.ts';
import { type Checkpoint, type CheckpointKind, integers, runWritten } from './checkpoint.ts';
import { unetFeeds } from './unet.ts';

export const lora: CheckpointKind = {
  async output(golden, { root, write }, output) {
    const family = golden.name.replace(/-lora.*$/, '');
    const beside = (kind: string) => caseBeside(golden, `${family}-${kind}`);
    const answers: Float32Array[] = [];
    for (const file of filesOf(root, family)) {
      const networks = { unet: write('unet'), text: write('text_encoder'), ...second(family, write) };
      if (output === 'out') {
        const feeds = unetFeeds(beside('unet'));
        answers.push(await withLora(golden, file, networks, 'unet', feeds, 'out_sample'));
      } else if (output === 'hidden') {
        const feeds = { input_ids: integers(beside('text').input('input_ids')) };
        answers.push(await withLora(golden, file, networks, 'text', feeds, 'last_hidden_state'));
      } else return 'an output of this name';
    }
    return worst(answers, golden.expected(output).data);
  },
};

type Networks = Readonly<Record<'unet' | 'text', WrittenNetwork>> & { readonly text2?: WrittenNetwork };

function second(family: string, write: Checkpoint['write']): Pick<Networks, 'text2'> {
  return family.includes('xl') ? { text2: write('text_encoder_2') } : {};
}

function filesOf(root: string, family: string): string[] {
  const folder = join(root, 'lora');
  const names = readdirSync(folder).filter((name) => name.startsWith(`${family}-`));
  return names.map((name) => join(folder, name));
}

function caseBeside({ dir }: GoldenCase, name: string): GoldenCase {
  const other = join(dirname(dir), name);
  return new GoldenCase(other, JSON.parse(readFileSync(join(other, 'manifest.json'), 'utf8')));
}

async function withLora(
  golden: GoldenCase,
  file: string,
  networks: Networks,
  part: 'unet' | 'text',
  feeds: Readonly<Record<string, Feed>>,
  output: string,
): Promise<Float32Array> {
  const graphs = Object.fromEntries(Object.entries(networks).map(([name, { model }]) => [name, model.graph]));
  const { additions, unmatched } = matchLora(readLora(file), { name: 'the model', family: null, graphs });
  if (unmatched.length > 0) throw new Error(`${file}: ${unmatched.join(', ')} found no layer`);
  const adapters = [{ additions: additions[part] ?? [], strength: () => golden.number('strength') }];
  const told = (name: string, strength: number): [string, Feed] => [
    name,
    { type: 'float32', data: Float32Array.of(strength), dims: [] },
  ];
  const made = await runWritten(
    networks[part],
    (outcomes) => ({
      ...feeds,
      ...Object.fromEntries(outcomes.of(lowRank)!.map(({ name, strength }) => told(name, strength()))),
    }),
    [output],
    [step(lowRank, { adapters })],
  );
  return made[output]!.data;
}

/** The answer farthest from what is wanted: all have to be near. */
function worst(answers: readonly Float32Array[], wanted: ArrayLike<number>): Float32Array | string {
  const off = (answer: Float32Array) =>
    answer.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
  return answers.toSorted((a, b) => off(b) - off(a))[0] ?? 'a LoRA of this model in lora/';
}
