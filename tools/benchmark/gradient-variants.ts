/** Every system that follows a network backwards, beside itself without: what gradients bring, and what they cost. */
import type { FrameRange } from '../../src/common/media.ts';
import type { SomeSettings } from '../../src/common/settings/settings.ts';
import type { Edit, Shot } from './heldout.ts';
import { type Variant, variantNamed } from './variants.ts';

export interface GradientGroup {
  readonly title: string;
  /** What the take is compared with: the true answer of an edit, or the clip itself. */
  readonly of: 'edits' | 'clip';
  /** The first is the system without gradients, by which cost is told. */
  readonly variants: readonly Variant[];
}

export interface Aids {
  /** Folder of the image-text model that steers; null leaves out what needs one. */
  readonly imageText: string | null;
  /** A still that shows the look of an edit. */
  readonly style: (shot: Shot, edit: Edit) => string;
}

/** Where an empty prompt matters; the paper's. */
const FULL_GUIDANCE = 7.5;
/** Of the ten that the paper takes: tuning is the longest of all that is run here. */
const INNER_STEPS = 4;
/** Frames that are made after half of a shot; the other half is their true answer. */
const afterHalf = ({ frames }: Shot): FrameRange => ({ start: Math.floor(frames / 2), end: frames });

const row = (
  id: string,
  label: string,
  request: NonNullable<Variant['request']>,
  more: Pick<Variant, 'measured'> = {},
): Variant => ({ id, label, group: 'gradient', request, ...more });

const fromClip: SomeSettings = { method: { id: 'img2img', params: { start: 'inversion' } } };
const pix2video = (params: Record<string, unknown>): SomeSettings => ({
  method: { id: 'pix2video', params },
});
const guided = (params: Record<string, unknown>): SomeSettings => ({ method: { id: 'guided', params } });

/** An edit at full guidance: as it is, and with empty prompts of both kinds. */
function emptyPrompts(id: string, label: string, request: SomeSettings): Variant[] {
  const sampling = { guidance: FULL_GUIDANCE };
  return [
    row(id, `${label}, guidance ${FULL_GUIDANCE}`, { ...request, sampling }),
    row(`${id}-own`, 'with an empty prompt for each frame', {
      ...request,
      sampling,
      inversion: { nullText: 'frame', nullTextSteps: INNER_STEPS },
    }),
    row(`${id}-shared`, 'with one for the shot', {
      ...request,
      sampling,
      inversion: { nullText: 'shared', nullTextSteps: INNER_STEPS },
    }),
  ];
}

function extended(weight: number): NonNullable<Variant['request']> {
  return (shot) => {
    const { start, end } = afterHalf(shot);
    return {
      source: { range: { start: 0, end: start } },
      method: { id: 'reconstruction-guidance', params: { weight } },
      extend: { after: end - start },
    };
  };
}

export function gradientGroups({ imageText, style }: Aids): readonly GradientGroup[] {
  const guide = { steerBy: imageText };
  return [
    {
      title: 'Guided latent update (Eq. 6)',
      of: 'edits',
      variants: [
        row('gradient-off', 'pix2video, no pull', pix2video({ update: 'off' })),
        row('gradient-x0', 'pulled at the predicted picture (x0)', pix2video({})),
        row('gradient-exact', 'pulled through the network (exact)', pix2video({ update: 'exact' })),
      ],
    },
    {
      title: 'One-shot tuning',
      of: 'edits',
      variants: [
        row(
          'gradient-untuned',
          'sparse-causal attention, not tuned',
          pix2video({ attention: 'sparse-causal', update: 'off' }),
        ),
        row('gradient-tuned', 'Tune-A-Video, 40 steps of rank 4', {
          method: { id: 'tune-a-video', params: { learnSteps: 40 } },
        }),
      ],
    },
    {
      title: 'Steered',
      of: 'edits',
      variants: [
        row('gradient-unsteered', 'per-frame inversion', fromClip),
        ...(imageText === null
          ? []
          : [
              row('gradient-prompt', 'to the prompt, 0.02', {
                ...guided({ prompt: 0.02 }),
                guide,
              }),
            ]),
        row('gradient-style', "to the true answer's colours, 0.1", (shot, edit) => ({
          ...guided({ style: 0.1 }),
          guide: { style: [style(shot, edit)] },
        })),
        row('gradient-neighbour', 'to the frame before along the motion, 0.5', guided({ neighbour: 0.5 })),
      ],
    },
    {
      title: 'Null-text inversion, every frame for itself',
      of: 'edits',
      variants: emptyPrompts('gradient-img2img', 'per-frame inversion', fromClip),
    },
    {
      title: 'Null-text inversion, pix2video',
      of: 'edits',
      variants: emptyPrompts('gradient-pix2video', 'pix2video', pix2video({})),
    },
    {
      title: 'Null-text inversion: the way back to the clip',
      of: 'clip',
      variants: [
        ...emptyPrompts('gradient-back', 'inverted and sampled back', fromClip),
        row('gradient-back-1', 'inverted and sampled back, guidance 1', {
          ...fromClip,
          sampling: { guidance: 1 },
        }),
        { ...variantNamed('ceiling')!, label: 'clip, autoencoded' },
      ],
    },
    {
      title: 'New frames after a shot (reconstruction guidance)',
      of: 'clip',
      variants: [
        row('gradient-extended', 'not pulled', extended(0), { measured: afterHalf }),
        row('gradient-extended-2', 'pulled through the network, weight 2', extended(2), {
          measured: afterHalf,
        }),
      ],
    },
  ];
}
