/** What an artist asks of an export: what leaves, and how. Plain data, kept between exports and in presets. */
import { z } from 'zod';
import { deliveryHow } from '../contract/delivery.ts';

/** In the order in which the window offers them. */
export const WHATS = ['takes', 'all-takes', 'shots', 'all-shots', 'range', 'timeline'] as const;
export type What = (typeof WHATS)[number];

export const exportChoice = deliveryHow.extend({ what: z.enum(WHATS) });
export type ExportChoice = z.infer<typeof exportChoice>;
