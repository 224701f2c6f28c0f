/** What is run on real clips: every method as it is offered, and what else costs memory or time of its own. */
import type { Mask } from '../../src/common/masks/mask.ts';
import type { SomeSettings } from '../../src/common/settings/settings.ts';
import { methods } from '../../src/main/engine/methods/registry.ts';

export interface ClipVariant {
  readonly id: string;
  readonly label: string;
  /** With a model that takes depth. */
  readonly depth?: true;
  request(frames: number): Pick<SomeSettings, 'method' | 'guide'>;
}

/** In the middle of what all of the clips have. */
const ELLIPSE: Mask = {
  invert: false,
  grow: 0,
  feather: 16,
  parts: [
    {
      id: 'ellipse',
      mode: 'add',
      kind: 'ellipse',
      keys: [{ frame: 0, x: 140, y: 80, width: 200, height: 200, angle: 0 }],
    },
  ],
};

export const CLIP_VARIANTS: readonly ClipVariant[] = [
  ...methods.list.map(({ id, label }) => ({
    id,
    label,
    request: () => ({ method: { id, params: {} } }),
  })),
  {
    id: 'mix-motion',
    label: 'Residual-noise mixing, along the motion',
    request: () => ({ method: { id: 'mix', params: { motion: 'follow' } } }),
  },
  {
    id: 'anchors',
    label: 'Pix2Video, anchors at both ends',
    request: (frames) => ({
      method: { id: 'pix2video', params: {} },
      guide: { anchor: 0, ...(frames > 1 && { anchors: [frames - 1] }) },
    }),
  },
  {
    id: 'masked',
    label: 'Pix2Video, edited in an ellipse alone',
    request: () => ({ method: { id: 'pix2video', params: {} }, guide: { mask: ELLIPSE } }),
  },
  ...['pix2video', 'text2video-zero', 'controlvideo'].map((id) => ({
    id: `${id}-depth`,
    label: `${methods.list.find((method) => method.id === id)!.label}, with depth`,
    depth: true as const,
    request: () => ({ method: { id, params: id === 'controlvideo' ? { start: 'noise' } : {} } }),
  })),
];
