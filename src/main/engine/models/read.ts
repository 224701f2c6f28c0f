/** Reads a bundle: layout, graphs without weights, tokenizers, digests. Every defect shows here; no network is loaded. */
import { throwIfCancelled } from '../../../common/errors.ts';
import type { SchedulerConfig } from '../diffusion/types.ts';
import { attentionFacts } from './attention.ts';
import { readEmbeddings } from './embeddings/embedding.ts';
import type { Layout } from './layout.ts';
import { digestsWith, type LoraInUse, openLoras } from './loras/use.ts';
import { withMotionNetworks } from './motion-networks.ts';
import { bundleDigests } from './part-digests.ts';
import {
  checkTokens,
  type Geometry,
  geometryOf,
  loadParts,
  type Parts,
  textLength,
  textWidths,
} from './parts.ts';
import type { Embedding } from './prompt/reader.ts';
import { readLayout } from './read-layout.ts';
import { readScheduler } from './scheduler.ts';
import { weightsInFile } from './session-choice.ts';
import { whyNotInTiles } from './tiles/tileable.ts';
import { type ClipTokenizer, readTokenizer } from './tokenizer.ts';
import type { AttentionFacts, BundleDigests, OpenBundleOptions, WeightsInFile } from './types.ts';

export interface ReadBundle {
  readonly layout: Layout;
  readonly scheduler: SchedulerConfig;
  /** Not rewritten yet. */
  readonly parts: Parts;
  readonly geometry: Geometry;
  readonly tokenizers: readonly ClipTokenizer[];
  /** Of the files alone, and with what is added to them. */
  readonly ownDigests: BundleDigests;
  readonly digests: BundleDigests;
  readonly embeddings: readonly Embedding[];
  readonly loras: readonly LoraInUse[];
  readonly selfAttention: AttentionFacts;
  readonly unetWeights: WeightsInFile;
  /** Why its VAE cannot work in tiles, or null. */
  readonly untiled: string | null;
}

export type ReadBundleOptions = Pick<
  OpenBundleOptions,
  'digestStore' | 'signal' | 'prediction' | 'embeddings' | 'loras' | 'motion'
>;

/**
 * @param dir folder of the bundle, as diffusers lays it out
 * @throws AppError bundle-invalid or weights-missing naming the file, not-finite for a broken LoRA; Cancelled
 */
export async function readBundle(dir: string, options: ReadBundleOptions): Promise<ReadBundle> {
  const own = await readLayout(dir, (error) => {
    throw error;
  });
  const layout = await withMotionNetworks(own, options.motion);
  const scheduler = await readScheduler(layout.scheduler, options.prediction);
  const parts = loadParts(layout);
  const geometry = geometryOf(layout, parts, scheduler.prediction);
  const tokenizers: ClipTokenizer[] = [];
  for (const [i, place] of layout.tokenizers.entries()) {
    tokenizers.push(await readTokenizer(place, textLength(layout, parts, i)));
  }
  checkTokens(layout, parts, tokenizers);
  throwIfCancelled(options.signal);
  const embeddings = await readEmbeddings(options.embeddings ?? [], {
    ...{ widths: textWidths(layout, parts), model: layout.name, signal: options.signal },
  });
  const loras = await openLoras(options.loras ?? [], { name: layout.name, parts }, options);
  const ownDigests = await bundleDigests(layout, parts, options);
  const digests = digestsWith(ownDigests, loras);
  const selfAttention = attentionFacts(parts, layout);
  const unetWeights = weightsInFile(parts.unet);
  const untiled = whyNotInTiles(parts);
  const facts = { selfAttention, unetWeights, untiled };
  const read = { layout, scheduler, parts, geometry, tokenizers, embeddings, ...facts };
  return { ...read, ownDigests, digests, loras };
}
