/** What an artist is told of LoRAs that fit only in part. */
import type { LoraFacts } from '../types.ts';

/** As many names as a line holds. */
const NAMED = 3;

/** One line for each that has parts which the model does not. */
export function loraNotes(loras: readonly LoraFacts[]): string[] {
  return loras.flatMap(({ name, layers, unmatched }) => {
    if (unmatched.length === 0) return [];
    const used = layers.unet + layers.text;
    const more = unmatched.length > NAMED ? ` and ${unmatched.length - NAMED} more` : '';
    return [
      `${name}: ${unmatched.length} of its ${used + unmatched.length} parts are not in this model and are left out: ${unmatched.slice(0, NAMED).join(', ')}${more}`,
    ];
  });
}
