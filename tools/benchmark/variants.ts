/** What is compared: methods of the engine with their settings. "main" runs everywhere, ablations on a part of the shots. */
import type { Mask } from '../../src/common/masks/mask.ts';
import type { FrameRange } from '../../src/common/media.ts';
import type { SomeSettings } from '../../src/common/settings/settings.ts';
import type { Edit, Shot } from './heldout.ts';

export interface Variant {
  readonly id: string;
  readonly label: string;
  /** Where in the report it belongs; a variant may stand in several comparisons, see COMPARISONS and gradient-variants.ts. */
  readonly group: 'main' | 'ablation' | 'reconstruction' | 'gradient';
  /** What is asked of the engine, of a shot and an edit; absent where nothing is rendered. */
  readonly request?: SomeSettings | ((shot: Shot, edit: Edit) => SomeSettings);
  /** Frames of the take that are measured, where it is not the whole. */
  readonly measured?: (shot: Shot) => FrameRange;
  /** Kinds of edit for which it is meant; absent for all. */
  readonly edits?: readonly Edit['kind'][];
  /** Needs a model that takes depth. */
  readonly depth?: true;
}

export function requestFor({ request }: Variant, shot: Shot, edit: Edit): SomeSettings | undefined {
  return typeof request === 'function' ? request(shot, edit) : request;
}

/** How far towards noise both noise-started baselines are taken, so that only the sharing of the noise differs. */
const STRENGTH = 0.75;

const pix2video = (params: Record<string, unknown>): SomeSettings => ({
  method: { id: 'pix2video', params },
});
/** Led by the first frame and the last. */
const bothEnds =
  (params: Record<string, unknown>) =>
  (shot: Shot): SomeSettings => ({
    ...pix2video(params),
    guide: { anchor: 0, anchors: [shot.frames - 1] },
  });
/** The object as the renderer knows it, its edge soft over half a latent pixel. */
const objectOf = ({ matte }: Shot): Mask => ({
  invert: false,
  grow: 2,
  feather: 4,
  parts: [{ id: 'object', mode: 'add', kind: 'matte', path: matte, channel: 'luma', offset: 0 }],
});
const twoStages = (params: Record<string, unknown>): SomeSettings => ({
  method: { id: 'two-stages', params },
});
const controlVideo = (params: Record<string, unknown>): SomeSettings => ({
  method: { id: 'controlvideo', params },
});
const vidRd = (params: Record<string, unknown>): SomeSettings => ({ method: { id: 'vidrd', params } });
const mix = (w: number): SomeSettings => ({ method: { id: 'mix', params: { w } } });
const mixAlong = (w: number): SomeSettings => ({
  method: { id: 'mix', params: { w, motion: 'follow' } },
});
const inversion: SomeSettings = { method: { id: 'img2img', params: { start: 'inversion' } } };

export const VARIANTS: readonly Variant[] = [
  { id: 'unedited', label: 'clip left unedited', group: 'main' },
  {
    id: 'img2img',
    label: 'per-frame img2img, own noise',
    group: 'main',
    request: { method: { id: 'img2img', params: { strength: STRENGTH } } },
  },
  {
    id: 'sdedit',
    label: 'SDEdit, shared noise',
    group: 'main',
    request: { method: { id: 'sdedit', params: { strength: STRENGTH } } },
  },
  { id: 'inversion', label: 'per-frame inversion', group: 'main', request: inversion },
  { id: 'mix-0.6', label: 'mixing, w = 0.6', group: 'main', request: mix(0.6) },
  { id: 'mix-motion', label: 'mixing along the motion, w = 0.6', group: 'main', request: mixAlong(0.6) },
  {
    id: 'guided',
    label: 'steered to the frame before along the motion, 0.5',
    group: 'main',
    request: { method: { id: 'guided', params: { neighbour: 0.5, limit: 0.3 } } },
  },
  { id: 'pix2video', label: 'pix2video', group: 'main', request: pix2video({}) },
  {
    id: 'keep',
    label: 'pix2video, keep 0.7',
    group: 'main',
    request: { ...pix2video({}), guide: { keep: 0.7 } },
  },
  {
    id: 'anchors',
    label: 'pix2video, anchors at both ends',
    group: 'main',
    request: bothEnds({}),
  },
  {
    id: 'sparse-causal',
    label: 'pix2video, sparse-causal attention',
    group: 'main',
    request: pix2video({ attention: 'sparse-causal', update: 'off' }),
  },
  {
    id: 'masked',
    label: 'pix2video, edited on the object alone',
    group: 'main',
    request: (shot) => ({ ...pix2video({}), guide: { mask: objectOf(shot) } }),
    // Elsewhere it is the surroundings that shall change.
    edits: ['colour'],
  },
  { id: 'two-stages', label: 'two stages, every 4th frame', group: 'main', request: twoStages({}) },
  { id: 'controlvideo', label: 'ControlVideo', group: 'main', request: controlVideo({}) },
  {
    id: 'tune-a-video',
    label: 'Tune-A-Video, 100 steps of rank 4',
    group: 'main',
    request: { method: { id: 'tune-a-video', params: {} } },
  },
  { id: 'vidrd', label: 'VidRD, clips of 16', group: 'main', request: vidRd({}) },
  {
    id: 'text2video-zero',
    label: 'Text2Video-Zero, from depth',
    group: 'main',
    request: { method: { id: 'text2video-zero', params: {} } },
    depth: true,
  },
  { id: 'ceiling', label: 'true answer, autoencoded', group: 'main' },

  ...[3, 7.5].map((guidance) => ({
    id: `img2img-${guidance}`,
    label: `per-frame img2img, guidance ${guidance}`,
    group: 'ablation' as const,
    request: { method: { id: 'img2img', params: { strength: STRENGTH } }, sampling: { guidance } },
  })),
  { id: 'anchor', label: 'anchor only', group: 'ablation', request: pix2video({ attention: 'anchor' }) },
  {
    id: 'previous',
    label: 'previous only',
    group: 'ablation',
    request: pix2video({ attention: 'previous' }),
  },
  { id: 'random', label: 'anchor + random', group: 'ablation', request: pix2video({ attention: 'random' }) },
  {
    id: 'both-self',
    label: 'anchor + previous + self',
    group: 'ablation',
    request: pix2video({ attention: 'both+self' }),
  },
  { id: 'no-update', label: 'no guided update', group: 'ablation', request: pix2video({ update: 'off' }) },
  { id: 'weight-400', label: 'update × 4', group: 'ablation', request: pix2video({ weight: 400 }) },
  { id: 'mix-0', label: 'w = 0 (per-frame inversion, Euler)', group: 'ablation', request: mix(0) },
  { id: 'mix-0.3', label: 'w = 0.3', group: 'ablation', request: mix(0.3) },
  { id: 'mix-0.9', label: 'w = 0.9', group: 'ablation', request: mix(0.9) },
  { id: 'mix-motion-0.9', label: 'w = 0.9, along the motion', group: 'ablation', request: mixAlong(0.9) },
  {
    id: 'guidance-1',
    label: 'pix2video, guidance 1',
    group: 'ablation',
    request: { ...pix2video({}), sampling: { guidance: 1 } },
  },
  {
    id: 'guidance-3',
    label: 'pix2video, guidance 3',
    group: 'ablation',
    request: { ...pix2video({}), sampling: { guidance: 3 } },
  },
  {
    id: 'guidance-7.5',
    label: 'pix2video, guidance 7.5',
    group: 'ablation',
    request: { ...pix2video({}), sampling: { guidance: 7.5 } },
  },
  ...[0.4, 1].map((keep) => ({
    id: `keep-${keep}`,
    label: `pix2video, keep ${keep}`,
    group: 'ablation' as const,
    request: { ...pix2video({}), guide: { keep } },
  })),
  {
    id: 'unrefined',
    label: 'pix2video, no refinement',
    group: 'ablation',
    request: { ...pix2video({}), inversion: { refinement: 0 } },
  },
  { id: 'anchors-own', label: 'anchors apart', group: 'ablation', request: bothEnds({ anchors: 'own' }) },
  {
    id: 'masked-mix',
    label: 'mixing, edited on the object alone',
    group: 'ablation',
    request: (shot) => ({ ...mix(0.6), guide: { mask: objectOf(shot) } }),
    edits: ['colour'],
  },
  {
    id: 'two-stages-2',
    label: 'two stages, every 2nd frame',
    group: 'ablation',
    request: twoStages({ every: 2 }),
  },
  { id: 'vidrd-8', label: 'VidRD, clips of 8', group: 'ablation', request: vidRd({ clip: 8 }) },
  {
    id: 'controlvideo-noise',
    label: 'ControlVideo, from noise and depth',
    group: 'ablation',
    request: controlVideo({ start: 'noise' }),
    depth: true,
  },
  {
    id: 'vidrd-noise',
    label: 'VidRD, from noise and depth',
    group: 'ablation',
    request: vidRd({ noise: 'reversed' }),
    depth: true,
  },

  {
    id: 'reconstruct',
    label: 'inverted and sampled back',
    group: 'reconstruction',
    request: { ...inversion, sampling: { guidance: 1 }, inversion: { refinement: 0 } },
  },
  {
    id: 'reconstruct-50',
    label: 'the same, 50 steps',
    group: 'reconstruction',
    request: { ...inversion, sampling: { guidance: 1, steps: 50 }, inversion: { refinement: 0 } },
  },
  {
    id: 'reconstruct-3',
    label: 'the same, 3 refinements',
    group: 'reconstruction',
    request: { ...inversion, sampling: { guidance: 1 }, inversion: { refinement: 3 } },
  },
];

/** Tables of the report; each averages over the shots and edits that all its rows have. */
export const COMPARISONS: readonly { readonly title: string; readonly variants: readonly string[] }[] = [
  {
    title: 'What a frame attends to (pix2video)',
    variants: ['inversion', 'anchor', 'previous', 'random', 'pix2video', 'both-self'],
  },
  { title: 'Guided latent update (pix2video)', variants: ['no-update', 'pix2video', 'weight-400'] },
  {
    title: 'Classifier-free guidance (pix2video)',
    variants: ['guidance-1', 'pix2video', 'guidance-3', 'guidance-7.5'],
  },
  { title: 'Refinement of the inversion (pix2video)', variants: ['unrefined', 'pix2video'] },
  {
    title: 'Keeping what the prompts agree on (pix2video)',
    variants: ['pix2video', 'keep-0.4', 'keep', 'keep-1'],
  },
  {
    title: 'Whether the baseline wants more guidance',
    variants: ['img2img', 'img2img-3', 'img2img-7.5', 'pix2video'],
  },
  { title: 'One anchor or several (pix2video)', variants: ['pix2video', 'anchors', 'anchors-own'] },
  { title: 'Edited on the object alone', variants: ['pix2video', 'keep', 'masked', 'mix-0.6', 'masked-mix'] },
  { title: 'Two stages', variants: ['inversion', 'pix2video', 'two-stages', 'two-stages-2'] },
  { title: 'Clip after clip', variants: ['pix2video', 'vidrd', 'vidrd-8'] },
  {
    title: 'From noise and depth alone',
    variants: ['text2video-zero', 'controlvideo-noise', 'vidrd-noise'],
  },
  {
    title: 'Mixing weight',
    variants: ['img2img', 'mix-0', 'mix-0.3', 'mix-0.6', 'mix-0.9', 'mix-motion', 'mix-motion-0.9'],
  },
];

/** With anchors at both ends, whose ways meet in the middle; the first has one anchor, for comparison. */
export const MEETING: readonly string[] = ['pix2video', 'anchors', 'anchors-own'];

export function variantNamed(id: string): Variant | undefined {
  return VARIANTS.find((variant) => variant.id === id);
}
