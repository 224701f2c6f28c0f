/** What is said of a bundle that was looked into. */
import type { SchedulerConfig } from '../diffusion/types.ts';
import type { MemoryEstimate } from './memory/usual.ts';
import type { RoleId } from './roles/registry.ts';
import type { Bundle, BundleDigests, Canvas } from './types.ts';

export interface PartReport {
  readonly role: RoleId;
  /** Relative to the bundle, like all paths here. */
  readonly file: string;
  readonly weights: readonly string[];
  /** On disk, graph and weights; null where weights are missing. */
  readonly bytes: number | null;
  readonly weightType: string;
  readonly parameters: number;
  readonly nodes: number;
  readonly opset: number | null;
  /** "sample float32 [batch_size, 4, height, width]" */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface BundleReport {
  readonly dir: string;
  readonly name: string;
  readonly pipeline: string;
  /** Of a single file, told by its tensors: "Stable Diffusion 1.x". */
  readonly family: string | null;
  /** Null where a missing or contradictory part hides it. */
  readonly kind: Bundle['kind'] | null;
  readonly scheduler: SchedulerConfig | null;
  readonly parts: readonly PartReport[];
  readonly parameters: number;
  /** Channels of the UNet's first level. */
  readonly width: number;
  /** Self-attentions that can read other frames. */
  readonly sites: { readonly all: number; readonly decoder: number } | null;
  readonly latentChannels: number | null;
  readonly structureChannels: number | null;
  /** Where the depth of a frame comes from; null for networks that take none. */
  readonly depth: 'estimator' | 'clip' | null;
  readonly factor: number | null;
  readonly grid: number | null;
  readonly nativeSize: number | null;
  /** What an export froze: the batch of the UNet, and the size of pictures in pixels; null where any will do. */
  readonly frozen: (Canvas & { readonly batch: number | null }) | null;
  readonly promptTokens: readonly number[];
  readonly memory: MemoryEstimate | null;
  readonly digests: BundleDigests | null;
  readonly warnings: readonly string[];
  /** Why it cannot be opened, one line each; empty for a sound bundle. */
  readonly defects: readonly string[];
}
