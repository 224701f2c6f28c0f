/** What is told of one entry when the artist looks into it: name and value, in the order in which they are shown. */
import { basename } from 'node:path';
import prettyBytes from 'pretty-bytes';
import type { LibraryEntry, LibraryFacts, LibraryKind } from '../../../common/contract/library.ts';
import { AppError } from '../../../common/errors.ts';
import { openSafetensors } from '../onnx/safetensors/open.ts';
import { floatsOf } from '../onnx/safetensors/values.ts';
import type { Look } from './look.ts';

const KINDS: Readonly<Record<LibraryKind, string>> = {
  model: 'Model',
  lora: 'LoRA',
  controlnet: 'ControlNet',
  embedding: 'Embedding',
  vae: 'VAE',
  estimator: 'Estimator',
  other: 'Something else',
};
const PREDICTIONS = { v: 'velocity (v)', epsilon: 'noise (epsilon)' } as const;

export function entryFacts(entry: LibraryEntry, look: Look): LibraryFacts {
  const { header } = look;
  const facts: [string, string][] = [['Kind', KINDS[entry.kind]]];
  const add = (name: string, value: string | null | undefined) => {
    if (value) facts.push([name, value]);
  };
  add(entry.kind === 'estimator' ? 'What it is' : 'Family', entry.what);
  add('Size', entry.nativeSize ? `${entry.nativeSize} pixels` : null);
  add('On disk', entry.bytes ? prettyBytes(entry.bytes) : null);
  if (header) {
    const isModel = entry.kind === 'model';
    add('Prediction', header.prediction ? PREDICTIONS[header.prediction] : isModel ? 'not said' : null);
    add('Weights', header.types.join(', '));
    add('Parameters', header.parameters > 0 ? inWords(header.parameters) : null);
    if (header.lora) {
      add('Rank', header.lora.ranks.join(', '));
      const networks = Object.entries(header.lora.layers).map(
        ([name, layers]) => `${name} (${layers} ${layers === 1 ? 'layer' : 'layers'})`,
      );
      add('Changes', networks.join(', '));
      if (!header.said.some(([name]) => name === 'Alpha')) add('Alpha', alphasOf(entry.path));
    }
    // What follows is the file's own word.
    for (const [name, value] of header.said) add(`${name}, it says`, value);
  }
  add('Plugin', entry.plugin && `${entry.plugin.name} (${entry.plugin.id})`);
  add('Place', entry.path);
  return { facts, words: look.words };
}

function inWords(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} billion`;
  return count >= 1e6 ? `${Math.round(count / 1e6)} million` : String(count);
}

const MOST_ALPHAS = 3;

/** Of a LoRA that has them beside its layers, the different ones; each is one number of the file. */
function alphasOf(path: string): string | null {
  try {
    const { tensors } = openSafetensors(path, `reading ${basename(path)}`);
    const alphas = [...tensors].filter(
      ([name, { dims }]) => /\.alpha$/.test(name) && dims.every((dim) => dim === 1),
    );
    const values = new Set(alphas.map(([, tensor]) => Number(floatsOf(tensor)[0]!.toFixed(4))));
    const shown = [...values].slice(0, MOST_ALPHAS).join(', ');
    return shown === '' ? null : `${shown}${values.size > MOST_ALPHAS ? ' …' : ''}`;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
