/** What each tier is, in the words that an artist agrees to. */
import type { Manifest } from './manifest.ts';

export const TIERS: Readonly<Record<Manifest['tier'], { readonly name: string; readonly note: string }>> = {
  data: { name: 'Data only', note: 'Runs nothing: Retake itself runs the networks that it brings.' },
  script: {
    name: 'Script',
    note: 'Sealed: it is given text and answers with text, and reaches nothing else.',
  },
  process: {
    name: 'Process',
    note: 'A program of its own. Retake holds it by a seat belt, not in a sandbox: install it only from people you trust.',
  },
};
