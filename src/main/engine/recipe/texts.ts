/** The prompts that a render reads, each as long as those it goes through the network with. */
import type { ShotOf } from '../make/shot.ts';
import { readingOf } from '../make/text.ts';
import type { Need } from '../methods/have.ts';
import type { PromptReading } from '../models/prompt/reader.ts';
import { branchPrompts } from './runs.ts';

export interface SamplingTexts {
  /** Of the guidance branches, in order. */
  readonly branches: readonly PromptReading[];
  /** For methods that ask for it. */
  readonly source: PromptReading | null;
}

/** They share the batches of the network, so all are brought to as many chunks as the longest of them has. */
export function samplingTexts(
  shot: Pick<ShotOf, 'settings' | 'model'> & { readonly needs: readonly Need[] },
): SamplingTexts {
  const { settings, model, needs } = shot;
  const prompts = branchPrompts(settings, model);
  const source = needs.includes('sourceText') ? settings.prompts.source : null;
  const all = source === null ? prompts : [...prompts, source];
  const chunks = Math.max(...all.map((prompt) => readingOf(shot, prompt).chunks[0]!.length));
  const read = (prompt: string) => readingOf(shot, prompt, chunks);
  return { branches: prompts.map(read), source: source === null ? null : read(source) };
}
