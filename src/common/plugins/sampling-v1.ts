/**
 * The suite `sampling@1`: how an editing method of a plugin is asked. What it needs and how a shot runs is plain data, asked once
 * and checked before the first frame; in the steps that it names it is then shown latents and answers with others. A hook is a
 * function of what it is shown: what it remembers is lost when an edit goes on another day.
 *
 * Frames count from 0 within the shot, steps from 0 within the run. Latents are float32 (channels, height, width).
 */
import { z } from 'zod';
import { floats, picture } from './frames-v1.ts';
import { suite } from './suites.ts';

const MOST_FRAMES = 1_000_000;
const MOST_RUNS = 256;
/** Frames whose features one frame may see: each costs as much as the frame itself. */
const MOST_KEYS = 32;
const MOST_READS = 64;

const frame = z.int().min(0).max(MOST_FRAMES);
const frames = z.array(frame).min(1).max(MOST_FRAMES);
const step = z.int().min(0).max(10_000);

/**
 * What is made before the first step. `seed`: it picks by chance, so that another seed is another take. `pictures` want the
 * suite frames@1.
 */
const NEEDS = ['inversion', 'clean', 'trajectory', 'flow', 'mask', 'pictures', 'seed'] as const;
export type PluginNeed = (typeof NEEDS)[number];

/** What a hook is shown beside what it always is; `latent` and `result` need nothing, the others what is called alike. */
const SHOWN = ['latent', 'result', 'inversion', 'clean', 'trajectory', 'flow', 'mask', 'pictures'] as const;
export type Shown = (typeof SHOWN)[number];

const params = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()]));

/** Of noise: training timestep, share of the picture in the latent's variance, and noise by what is left of the picture. */
const level = z.strictObject({ timestep: z.number(), alphaBar: z.number(), sigma: z.number() });

/** The size of the picture is not among it: how a shot runs is the same at every size. */
const shot = z.strictObject({
  frames: z.int().min(1),
  /** The frame whose look leads. */
  anchor: frame,
  /** All frames that lead, ascending, the one above among them. */
  anchors: frames,
  /** Null for methods that do not need it. */
  seed: z.number().nullable(),
  /** Whether the network is told something of each frame: its depth, or what is around the mask. */
  structured: z.boolean(),
  /** One a step, the noisiest first. */
  levels: z.array(level),
  /** What latents on their way are: with √ᾱ of the picture (vp), or all of it (ve). */
  form: z.enum(['vp', 've']),
});
export type PluginShot = z.output<typeof shot>;

const noise = z.enum(['own', 'shared']);
const strength = z.number().gt(0).max(1);

/** Where frames begin, under seeded noise that is each frame's own or the same for all. */
const start = z.discriminatedUnion('from', [
  /** The noise that they come from, over all steps. */
  z.strictObject({ from: z.literal('inversion') }),
  /** The clip, noised part of the way: the last steps, as many as the strength is of all. */
  z.strictObject({ from: z.literal('clip'), strength, noise }),
  /** Noise alone, over all steps. */
  z.strictObject({ from: z.literal('noise'), noise }),
  /** What an earlier run made, noised part of the way; `of`: whose result each begins from, in the order of the run's frames. */
  z.strictObject({ from: z.literal('result'), strength, noise, of: frames.optional() }),
]);

/** Frames that go through the network together or one by one. */
const pass = z.strictObject({
  frames,
  /** What they look at: themselves, each other, or frames of earlier passes of the step, in this order. */
  keys: z.union([z.enum(['own', 'joint']), z.array(frame).min(1).max(MOST_KEYS)]).default('own'),
  /** At themselves too, after the named ones. */
  self: z.boolean().default(false),
  /** Frames of earlier passes of the step that hooks are shown. */
  reads: z.array(frame).max(MOST_READS).default([]),
});
const passes = z.array(pass).min(1).max(MOST_FRAMES);
export type PluginPass = z.output<typeof pass>;

const hook = z.strictObject({
  /** In which steps it is called. */
  steps: z.union([z.literal('all'), z.array(step).max(10_000)]).default('all'),
  shows: z.array(z.enum(SHOWN)).max(SHOWN.length).default([]),
});
export type PluginHook = z.output<typeof hook>;

const run = z.strictObject({
  frames,
  start,
  /** Every frame once, the same in every step; by default each by itself. */
  passes: passes.optional(),
  /** The same, a list for every step. */
  passesByStep: z.array(passes).max(10_000).optional(),
  blend: hook.optional(),
  gather: hook.optional(),
  settle: hook.optional(),
  /** Whether what `gather` changed takes the latent along, with the noise as it was predicted. */
  keepsNoise: z.boolean().default(false),
  /** In this step hooks of this frame are shown that frame as an earlier run left it after so many of its steps. */
  recalls: z
    .array(z.strictObject({ by: frame, step, frame, level: step }))
    .max(MOST_FRAMES)
    .default([]),
  /** Frames beyond those of the shot, which stand for one of them beside it and are no result. */
  standsFor: z
    .array(z.strictObject({ frame, as: frame }))
    .max(MOST_FRAMES)
    .default([]),
  /** What the artist may choose where frames that go together do not fit into memory: a sentence. */
  fewer: z.string().max(200).optional(),
});
export type PluginRun = z.output<typeof run>;

const shape = z.strictObject({ channels: z.int(), height: z.int(), width: z.int() });

/** Where the picture of one frame stands in another, (height, width): latent pixels right and down, hidden 0 or 1, how sure 0..1. */
const motion = z.strictObject({ to: frame, x: floats, y: floats, hidden: floats, confidence: floats });

/** Of one frame; what was not asked for is not there. */
const shown = {
  frame,
  /** As the network predicts it without noise, after guidance. */
  denoised: floats,
  /** Before the step. */
  latent: floats.optional(),
  /** What an earlier run made of it. */
  result: floats.optional(),
  inversion: floats.optional(),
  /** The clip's own. */
  clean: floats.optional(),
  /** The clip's own where the step ends. */
  trajectory: floats.optional(),
  /** To the frames that are read; in `gather` to the frames before and after it. */
  flow: z.array(motion).optional(),
  /** (height, width): 1 where the artist wants the edit. */
  mask: floats.optional(),
  /** Of what the network predicts. */
  picture: picture.optional(),
};

const place = {
  step,
  /** How many the run has. */
  steps: z.int(),
  run: z.int(),
  form: z.enum(['vp', 've']),
  from: level,
  to: level,
  shape,
};

/** A frame that the pass reads: `used` is its prediction as it was blended, `next` its latent after the step, where it has gone on. */
const read = z.strictObject({ ...shown, used: floats, next: floats.nullable() });
const recalled = z.strictObject({ frame, level: step, latent: floats });
const seen = z.strictObject({
  ...place,
  ...shown,
  reads: z.array(read),
  recalled: z.array(recalled),
});
export type PluginSeen = z.output<typeof seen>;
export type ShownFrame = z.output<typeof frameShown>;

const frameShown = z.strictObject(shown);
const gathered = z.strictObject({ ...place, frames: z.array(frameShown) });
export type PluginGathered = z.output<typeof gathered>;

/** Another predicted clean latent, or the picture of one; null leaves it as it is. */
const other = z.union([floats, picture]).nullable().optional();

export const sampling1 = suite('sampling', 1, {
  /** What is made before the first step, with these parameters. */
  needs: { on: 'methods', input: z.tuple([params]), output: z.array(z.enum(NEEDS)).max(NEEDS.length) },
  /** How a shot runs: almost always one run. */
  runs: { on: 'methods', input: z.tuple([shot, params]), output: z.array(run).min(1).max(MOST_RUNS) },
  /** The predicted clean latent of one frame to step with, instead of the network's. */
  blend: { on: 'methods', input: z.tuple([seen, params]), output: other },
  /** The same for all frames of the run at once, in steps that wait for them; frames that it leaves out stay. */
  gather: {
    on: 'methods',
    input: z.tuple([gathered, params]),
    output: z
      .array(z.strictObject({ frame, denoised: z.union([floats, picture]) }))
      .max(MOST_FRAMES)
      .nullable()
      .optional(),
  },
  /** The latent of one frame after the solver's step, which is `next`. */
  settle: {
    on: 'methods',
    input: z.tuple([seen.extend({ next: floats }), params]),
    output: floats.nullable().optional(),
  },
});
