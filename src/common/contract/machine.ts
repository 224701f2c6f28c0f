/** What this engine can do: its methods, and the processors of its machine. */
import { z } from 'zod';
import type { ProviderTrial } from '../report.ts';
import { call } from './call.ts';
import { nothing } from './values.ts';

export interface MethodInfo {
  readonly id: string;
  readonly label: string;
  /** What papers call it, where that is another word. */
  readonly term?: string;
  readonly summary: string;
  /** JSON Schema of the method's own parameters, with defaults, and `title`, `term`, `description` and `names` as they are said. */
  readonly params: unknown;
  /** Whether all anchors of a shot lead, or its lead anchor alone. */
  readonly severalAnchors: boolean;
  /** Whether it makes frames that the clip does not have; a shot's take has its frames, so shots are not offered it. */
  readonly makesFrames?: true;
  /** Whether the network learns the shot for it, which can be saved as a LoRA. */
  readonly learns?: true;
  /** Whether it pulls frames to what the guide names: an image-text model, style pictures. */
  readonly steers?: true;
  /** Whether its runs may be led back to the clip by tuned empty prompts. */
  readonly leadsBack?: true;
  /** The plugin that it comes with; absent for methods of Retake. */
  readonly plugin?: { readonly id: string; readonly name: string; readonly version: string };
  /** Solvers with which the method is right, its default first. */
  readonly solvers: readonly { readonly id: string; readonly label: string }[];
}

export const machineCalls = {
  'methods.list': call(nothing, 'listing the methods').answers<readonly MethodInfo[]>(),
  /** `again`: tried and timed anew, whatever is known. */
  'providers.list': call(z.strictObject({ again: z.boolean() }).nullable(), 'trying the processors').answers<
    readonly ProviderTrial[]
  >(),
};
