/** LoRAs: what was learnt for a model, added to it while it renders. */
import { z } from 'zod';
import { field } from './field.ts';

/** Far beyond what any is made for; pictures fall apart long before. */
export const STRONGEST_LORA = 100;
/** More stand beside one layer than attention is followed through. */
export const MOST_LORAS = 16;
/** Of a file that does not say otherwise. */
export const FULL_STRENGTH = 1;

const lora = z.strictObject({
  /** A .safetensors file. */
  path: z.string().min(1),
  /** 0 adds nothing; below, the opposite. */
  strength: z.number().min(-STRONGEST_LORA).max(STRONGEST_LORA).default(FULL_STRENGTH),
});

export type LoraUse = z.output<typeof lora>;

/** The name of the file without its ending. */
export function loraName(path: string): string {
  return path.replace(/^.*[\\/]/, '').replace(/\.safetensors$/i, '');
}

/** "LoRA watercolour 0.7" */
export function lorasInWords(loras: readonly LoraUse[]): string[] {
  return loras.map(({ path, strength }) => `LoRA ${loraName(path)} ${strength}`);
}

export const loras = field(z.array(lora).max(MOST_LORAS).default([]), {
  label: 'LoRAs',
  term: 'low-rank adaptations',
  help: 'Files that add a look or a subject to the model',
  widget: { kind: 'loras', low: -2, high: 2, step: 0.05 },
  files: (list: LoraUse[], visit) => list.map((one) => ({ ...one, path: visit(one.path, 'network') })),
  scope: 'look',
  flags: [
    {
      name: 'lora',
      metavar: 'file[:strength]',
      repeats: true,
      help: 'A LoRA (.safetensors) for the model, as look.safetensors or look.safetensors:0.7; 1 is its full strength, below 0 the opposite; may be repeated',
    },
  ],
  affects: ['network'],
  neutral: [],
});
