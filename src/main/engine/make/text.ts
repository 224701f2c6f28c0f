/** A prompt as the network reads it. */
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { Conditioning } from '../diffusion/types.ts';
import type { Derived } from './derived.ts';
import { namesOf, type ShotOf } from './shot.ts';

/** Raise when embedding gives other numbers for the same prompt. */
const VERSION = 1;

export function textOf(shot: ShotOf, prompt: string): Derived<Conditioning> {
  const { fit, model, provider } = shot;
  const { width, height } = fit;
  const { textEncoder, tokenizer } = model.digests;
  return {
    kind: kinds.text,
    // XL models take the size as a condition beside the text.
    key: keyOf('text', VERSION, { prompt, textEncoder, tokenizer, width, height, provider }),
    names: { ...namesOf(shot, 'a prompt', { prompt, settings: `${width}×${height}` }), clip: '' },
    calls: { embed: 1 },
    needs: [],
    async make({ onCall }) {
      const value = await shot.networks().bundle.embed(prompt, fit);
      onCall('embed');
      return { value };
    },
  };
}
