/** What is run on real clips: every method as it is offered, and what else costs memory or time of its own. */
import type { SomeSettings } from '../../src/common/settings/settings.ts';
import { methods } from '../../src/main/engine/methods/registry.ts';

export interface ClipVariant {
  readonly id: string;
  readonly label: string;
  /** With a model that takes depth. */
  readonly depth?: true;
  request(frames: number): Pick<SomeSettings, 'method' | 'guide'>;
}

export const CLIP_VARIANTS: readonly ClipVariant[] = [
  ...methods.map(({ id, label }) => ({
    id,
    label,
    request: () => ({ method: { id, params: {} } }),
  })),
  {
    id: 'depth',
    label: 'Pix2Video, depth model',
    depth: true,
    request: () => ({ method: { id: 'pix2video', params: {} } }),
  },
];
