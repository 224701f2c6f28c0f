/** What the artist asks of one shot. The method's own parameters are checked against the method's schema. */
import { z } from 'zod';
import { AppError } from './errors.ts';
import { TAKE_FORMATS } from './formats/registry.ts';
import { issueText } from './issue.ts';
import { jsonRecord } from './json.ts';
import { parseRate } from './time/rational.ts';

export const PROVIDERS = ['auto', 'cpu', 'cuda', 'dml', 'coreml', 'webgpu'] as const;

const MAX_PROMPT_CHARACTERS = 4000;
const MAX_STEPS = 1000;

/** Letters of any script, emoji and line breaks are welcome; other control characters are a sign of pasted rubbish. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

const promptText = z
  .string()
  .refine(
    (text) => text.length <= MAX_PROMPT_CHARACTERS,
    `is longer than ${MAX_PROMPT_CHARACTERS} characters; shorten it`,
  )
  .refine((text) => !CONTROL.test(text), 'holds control characters; type it instead of pasting it');

const writtenPrompt = promptText.refine(
  (text) => text.trim() !== '',
  'is empty; say what the take shall show',
);

export const editSettings = z.strictObject({
  clip: z.string().min(1),
  /** Frames per second of a picture sequence ("24", "23.976", "30000/1001"); null is 24. Movies know their own. */
  rate: z
    .string()
    .max(40)
    .refine((text) => parseRate(text) !== null, 'is no rate; write 24, 23.976 or 30000/1001')
    .nullable()
    .default(null),
  bundle: z.string().min(1),
  /** For depth-conditioned models: a clip whose brightness is nearness; null lets the bundle estimate it. */
  depth: z.string().min(1).nullable().default(null),
  /** Folder of an image-text model (CLIP) that measures the take; it changes nothing that is rendered. */
  imageText: z.string().min(1).nullable().default(null),
  out: z.string().min(1),
  format: z.enum(TAKE_FORMATS).default('prores422hq'),
  /** Whether the clip's transparency is laid over the take, in formats that have a place for it. */
  alpha: z.enum(['auto', 'off']).default('auto'),
  /** Conformed frames [start, end) of the clip; end null is the clip's end, range null the whole clip. */
  range: z
    .object({ start: z.int().min(0), end: z.int().min(1).nullable() })
    .nullable()
    .default(null),
  sourcePrompt: promptText.describe('What the clip shows now; inversion reads it'),
  prompt: writtenPrompt.describe('What the take shall show'),
  negativePrompt: promptText.default(''),
  method: z.string().max(100).default('pix2video'),
  /** Checked and completed by the method's own schema. */
  params: jsonRecord.default({}),
  /** Frame of the clip (not of the range) whose look leads the others. */
  anchor: z.int().min(0).default(0),
  /** A solver's id, or a name known from k-diffusion or diffusers; null is the method's own choice. */
  solver: z.string().max(100).nullable().default(null),
  /** Spacing of the noise levels: bundle, karras or exponential, k-diffusion's names too. */
  schedule: z.string().max(100).default('bundle'),
  inversion: z.enum(['upper', 'lower']).default('upper').describe('Timestep of the inversion step (DDIM)'),
  /** One lifts the shipped models from 14–33 dB to 40–50 dB at any count of steps; docs/manual.md has the table. */
  refinement: z.int().min(0).max(20).default(1).describe('Fixed-point iterations per inversion step'),
  steps: z.int().min(1).max(MAX_STEPS).default(50),
  guidance: z.number().min(0).max(50).default(7.5),
  keep: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('How little the prompts must disagree about a place for it to stay as in the clip; 0 is off'),
  seed: z.int().min(0).max(0xffffffff).default(0),
  /** Side in pixels of the square whose area the canvas has; null is the size the network was trained on. */
  size: z.int().min(8).max(4096).nullable().default(null),
  provider: z.enum(PROVIDERS).default('auto'),
  /** Who chose a setting that a model may choose: the artist, the model's own file, or Retake. Absent is the artist. */
  origins: z.record(z.string(), z.enum(['asked', 'model', 'retake'])).default({}),
});

export type EditSettings = z.infer<typeof editSettings>;
export type EditRequest = z.input<typeof editSettings>;

/** Checks and completes a request. @throws AppError usage naming the first setting that is wrong */
export function parseSettings(request: unknown): EditSettings {
  const checked = editSettings.safeParse(request);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  throw new AppError('usage', `${issue.path.join('.')} ${issueText(issue)}`.trim(), {
    doing: 'checking the settings',
  });
}
