/** By what a take follows the UNet back. */
import type { DifferentiatedBy } from '../diffusion/types.ts';
import type { ResolvedRequest } from './request.ts';

export function gradientsOf({ needs, method, params }: ResolvedRequest): DifferentiatedBy[] {
  return [
    ...(needs.includes('gradient') ? (['latent'] as const) : []),
    ...(method.learns?.(params) ? (['weights'] as const) : []),
    ...(needs.includes('nullText') ? (['text'] as const) : []),
  ];
}
