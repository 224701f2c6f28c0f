/** A prompt as the network reads it. */
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { Conditioning } from '../diffusion/types.ts';
import type { PromptReading } from '../models/prompt/reader.ts';
import type { Derived } from './derived.ts';
import { namesOf, type ShotOf } from './shot.ts';

/** Raise when embedding gives other numbers for the same prompt. */
const VERSION = 1;

/** A prompt of the shot as its settings say that it is read. @param chunks as many at least */
export function readingOf(
  { settings, model }: Pick<ShotOf, 'settings' | 'model'>,
  prompt: string,
  chunks = 1,
): PromptReading {
  return model.readPrompt(prompt, { weighting: settings.prompts.weighting, chunks });
}

/** What of a reading belongs into keys: nothing for short prompts without weights and embeddings, whose keys are older than those. */
export function keyOfReading({ digest }: PromptReading): { readonly reading?: string } {
  return digest === null ? {} : { reading: digest };
}

export function textOf(shot: ShotOf, reading: PromptReading): Derived<Conditioning> {
  const { fit, model, provider } = shot;
  const { prompt, calls } = reading;
  const { width, height } = fit;
  const { textEncoder, tokenizer } = model.digests;
  return {
    kind: kinds.text,
    // XL models take the size as a condition beside the text.
    key: keyOf('text', VERSION, {
      ...{ prompt, textEncoder, tokenizer, width, height, provider },
      ...keyOfReading(reading),
    }),
    names: { ...namesOf(shot, 'a prompt', { prompt, settings: `${width}×${height}` }), clip: '' },
    calls: { embed: calls },
    needs: [],
    async make({ onCall }) {
      const value = await shot.networks().bundle.embed(reading, fit, () => onCall('embed'));
      return { value };
    },
  };
}
