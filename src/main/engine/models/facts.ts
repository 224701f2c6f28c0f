/** What a plan needs of a bundle, remembered while its files stay as they are. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoraUse } from '../../../common/settings/loras.ts';
import type { LatentShape } from '../diffusion/types.ts';
import { readControlNet, type Sockets, socketsOf } from './controlnet.ts';
import { readEmbeddings } from './embeddings/embedding.ts';
import { type AskedFollowed, checkFollowedParts } from './followed-parts.ts';
import { type Layout, unetWidth } from './layout.ts';
import { digestsWith, openLoras } from './loras/use.ts';
import { type BundleMemory, foretell } from './memory/bundle.ts';
import type { Foretold } from './memory/foretold.ts';
import { type MemoryVariant, memoryOfParts } from './memory/of-parts.ts';
import { vaeBytes } from './memory/vae.ts';
import { weightBytes } from './memory/weights.ts';
import { withMotionNetworks } from './motion-networks.ts';
import { loadParts, type Parts, textWidths } from './parts.ts';
import { promptReader, type ReaderOf } from './prompt/reader.ts';
import { type ReadBundle, readBundle } from './read.ts';
import { readLayout } from './read-layout.ts';
import { sizeFor } from './roles/depth-estimator.ts';
import { TOKENIZER_FILES } from './tokenizer.ts';
import type { BundleDigests, BundleFacts, DepthEstimator, DigestStore, OpenBundleOptions } from './types.ts';

interface PlanFacts extends BundleFacts {
  /** Null where the bundle cannot estimate depth. */
  readonly depth: Pick<DepthEstimator, 'sizeFor'> | null;
  readonly sockets: Sockets;
  /** What work on latents of this shape takes on the processor, with the UNet prepared so. Reads the graphs once more. @throws AppError */
  memory(variant: MemoryVariant, controlNets: readonly string[]): Promise<UntiledForetold>;
  /** Whether its networks can be followed back so; reads their graphs once more where that is asked. @throws AppError bundle-invalid naming operator, node and file */
  checkFollowed(asked: AskedFollowed, shape: LatentShape): void;
}

/** As if its VAE worked as a whole, and all weights in float32. */
interface UntiledForetold {
  readonly weights: number;
  foretell(shape: LatentShape): Foretold;
}

/** What of opening changes what a model is, and what prompts may name. */
type FactsOptions = Pick<OpenBundleOptions, 'prediction' | 'embeddings' | 'loras' | 'motion'>;

export type ReadFacts = (path: string, options?: FactsOptions) => Promise<PlanFacts>;

/** @throws AppError bundle-invalid, weights-missing */
export function rememberingFacts(digestStore: DigestStore | undefined): ReadFacts {
  const known = new Map<string, Known>();
  const readFacts = async (
    path: string,
    { loras = [], ...options }: Omit<FactsOptions, 'embeddings'>,
  ): Promise<Known> => {
    const own = await readLayout(path, (error) => {
      throw error;
    });
    const layout = await withMotionNetworks(own, options.motion);
    // Another strength is no other reading: it is in the digests alone.
    const files = loras.map((one) => one.path);
    const key = JSON.stringify([layout.dir, options, files]);
    const found = known.get(key);
    if (found && found.stamp === (await stampOf(layout, found.weights))) return withStrengths(found, loras);
    const read = await readBundle(path, { ...options, loras, ...(digestStore && { digestStore }) });
    const weights = [...weightsOf(read.parts), ...files];
    const made = {
      weights,
      stamp: await stampOf(layout, weights),
      facts: {
        ...factsOf(read),
        depth: depthOf(read),
        sockets: socketsOf(read.parts.unet, read.geometry.latentChannels),
        checkFollowed: rememberingFollowed(layout),
        memory: rememberingMemory(layout, read.geometry.factor, loras, digestStore),
      },
      ownDigests: read.ownDigests,
      reader: readerOf(read),
      widths: textWidths(layout, read.parts),
    };
    known.set(key, made);
    return made;
  };
  return async (path, { embeddings: paths = [], ...options } = {}) => {
    const { facts, reader, widths } = await readFacts(path, options);
    if (paths.length === 0) return facts;
    const embeddings = await readEmbeddings(paths, { widths, model: facts.name });
    return { ...facts, embeddings, readPrompt: promptReader({ ...reader, embeddings }) };
  };
}

interface Known {
  readonly weights: readonly string[];
  readonly stamp: string;
  readonly facts: PlanFacts;
  readonly ownDigests: BundleDigests;
  readonly reader: Omit<ReaderOf, 'embeddings'>;
  readonly widths: readonly (number | null)[];
}

function withStrengths(known: Known, wanted: readonly LoraUse[]): Known {
  const { facts, ownDigests } = known;
  const loras = facts.loras.map((one, i) => ({ ...one, strength: wanted[i]!.strength }));
  return { ...known, facts: { ...facts, loras, digests: digestsWith(ownDigests, loras) } };
}

function depthOf({ layout, parts }: ReadBundle): PlanFacts['depth'] {
  const { preprocessor } = layout;
  const { depth } = parts;
  if (!depth || !preprocessor) return null;
  const part = { io: depth.io, file: depth.source.file };
  return { sizeFor: (picture) => sizeFor(part, preprocessor.config, picture) };
}

/** With attention as it is in the files. */
export function factsOf(read: ReadBundle): BundleFacts {
  const { layout, scheduler, geometry, digests, embeddings, selfAttention, untiled, unetWeights } = read;
  const { space: _, ...measures } = geometry;
  // Without what they add, which is large.
  const loras = read.loras.map(({ additions: _, ...facts }) => facts);
  const readPrompt = promptReader({ ...readerOf(read), embeddings });
  const { dir, name } = layout;
  const vaeMemory: BundleFacts['vaeMemory'] = (latent) => vaeBytes(layout.vae, latent, geometry.factor);
  const width = unetWidth(layout);
  const made = { width, scheduler, digests, loras, embeddings, readPrompt };
  return { ...measures, dir, name, ...made, selfAttention, untiled, vaeMemory, unetWeights };
}

function readerOf({ tokenizers, parts }: ReadBundle): Omit<ReaderOf, 'embeddings'> {
  return { tokenizers, single: parts.unet.io.hiddenTokens !== null };
}

function weightsOf({ text, ...parts }: Parts): string[] {
  return [...text, ...Object.values(parts)].flatMap((part) => part?.graph.files ?? []);
}

/** Sizes and times of every file that the facts come from. */
async function stampOf(layout: Layout, weights: readonly string[]): Promise<string> {
  const files = [
    layout.indexFile ?? layout.dir,
    layout.scheduler.file,
    ...[layout.preprocessor, ...Object.values(layout.ranges)].flatMap((one) => one?.file ?? []),
    ...Object.values(layout.parts).flatMap(({ file, configFile }) => [file, configFile ?? file]),
    ...layout.tokenizers.flatMap(({ folder }) => TOKENIZER_FILES.map((name) => join(folder, name))),
    ...weights,
  ];
  const abouts = await Promise.all(files.map((file) => stat(file).catch(() => null)));
  return abouts.map((about) => (about ? `${about.size} ${about.mtimeMs}` : '-')).join('\n');
}

/** What was asked last and was right is not asked again. */
function rememberingFollowed(layout: Layout): PlanFacts['checkFollowed'] {
  let right: string | null = null;
  return (asked, shape) => {
    if (asked.by.length === 0 && !asked.steers) return;
    const key = JSON.stringify([asked, shape]);
    if (key === right) return;
    checkFollowedParts(loadParts(layout), asked, shape);
    right = key;
  };
}

/** Of the last one that was asked for: an artist changes prompts more often than methods. */
function rememberingMemory(
  layout: Layout,
  factor: number,
  loras: readonly LoraUse[],
  digestStore: DigestStore | undefined,
): PlanFacts['memory'] {
  let last: { readonly key: string; readonly weights: number; readonly memory: BundleMemory } | null = null;
  return async (variant, controlNets) => {
    const key = JSON.stringify([variant, controlNets]);
    if (last?.key !== key) {
      const nets = [];
      for (const path of controlNets) nets.push(await readControlNet(path));
      const parts = loadParts(layout);
      const used = await openLoras(
        loras,
        { name: layout.name, parts },
        { ...(digestStore && { digestStore }) },
      );
      // Before they are prepared, which changes them.
      const weights = weightBytes([parts.unet, parts.vaeEncoder, parts.vaeDecoder, ...nets]);
      last = { key, weights, memory: memoryOfParts(parts, factor, variant, nets, used) };
    }
    const { memory } = last;
    return { weights: last.weights, foretell: (shape) => foretell(memory, shape) };
  };
}
