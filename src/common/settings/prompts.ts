/** What the clip shows and what the take shall show. */
import { z } from 'zod';
import { WEIGHTINGS } from '../prompts/prompt.ts';
import { field } from './field.ts';

const MOST_CHARACTERS = 4000;

/** Letters of any script, emoji and line breaks are welcome; other control characters are a sign of pasted rubbish. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

const text = z
  .string()
  .max(MOST_CHARACTERS)
  .refine((prompt) => !CONTROL.test(prompt), 'holds control characters; type it instead of pasting it');

/** While it is being written. */
const draft = z.string().max(MOST_CHARACTERS).default('');

const source = field(text, {
  label: 'What the clip shows',
  term: 'source prompt',
  help: 'Describe the clip as it is; what you do not change stays nearer to it',
  widget: { kind: 'prompt', rows: 2 },
  scope: 'shot',
  flags: [{ name: 'source-prompt', metavar: 'text' }],
  affects: ['inversion', 'sampling'],
  draft,
});

const target = field(
  text.refine((prompt) => prompt.trim() !== '', 'is empty; say what the take shall show'),
  {
    label: 'Prompt',
    help: 'What the take shall show',
    widget: { kind: 'prompt', rows: 3 },
    scope: 'shot',
    flags: [{ name: 'prompt', metavar: 'text' }],
    affects: ['sampling'],
    draft,
  },
);

const negative = field(text.default(''), {
  label: 'What to avoid',
  term: 'negative prompt',
  help: 'What shall not appear; may stay empty',
  widget: { kind: 'prompt', rows: 1 },
  scope: 'preset',
  flags: [{ name: 'negative-prompt', metavar: 'text' }],
  affects: ['sampling'],
  draft,
});

const weighting = field(z.enum(WEIGHTINGS).default('a1111'), {
  label: 'Brackets in prompts',
  fold: 'quality',
  term: 'prompt weighting',
  help: 'How brackets in prompts stress words, as (word:1.3)',
  widget: {
    kind: 'choice',
    options: [
      { id: 'a1111', name: 'As A1111', note: '(word), [word], (word:1.3) and BREAK' },
      { id: 'comfy', name: 'As ComfyUI', note: '(word) and (word:1.3)' },
      { id: 'off', name: 'Off', note: 'Brackets are plain text' },
    ],
  },
  scope: 'shot',
  finer: true,
  flags: [
    {
      name: 'prompt-weighting',
      metavar: 'way',
      help: 'How brackets in prompts stress words, as (word:1.3): as in A1111, as in ComfyUI, or not at all',
    },
  ],
  // Keys hold what the prompts become by it: one without brackets is the same in every way.
  affects: ['network'],
  neutral: 'off',
});

export const prompts = { target, source, negative, weighting };
