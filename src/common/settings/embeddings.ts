/** Words that were taught to a model: textual inversion. */
import { z } from 'zod';
import { field } from './field.ts';

/** "embedding toy" */
export function embeddingsInWords(paths: readonly string[]): string[] {
  return paths.map((path) => `embedding ${path.replace(/^.*[\\/]/, '').replace(/\.safetensors$/i, '')}`);
}

export const embeddings = field(z.array(z.string().min(1)).max(100).default([]), {
  label: 'Embeddings',
  term: 'textual inversion',
  help: 'Files that teach the model a word, to be used in prompts by the name of the file',
  widget: { kind: 'file-list', what: 'an embedding', library: 'embedding' },
  files: (paths: readonly string[], visit) => paths.map((path) => visit(path, 'network')),
  // A model is another folder: it names no files of this one.
  scope: 'preset',
  flags: [
    {
      name: 'embedding',
      metavar: 'file',
      repeats: true,
      help: 'An embedding (textual inversion, .safetensors) that prompts may name by its file or its token; may be repeated',
    },
  ],
  affects: ['network'],
  neutral: [],
});
