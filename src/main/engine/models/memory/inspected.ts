/** Memory of a bundle that nobody edits with yet, for its inspection. */
import { AppError } from '../../../../common/errors.ts';
import { parseModel, serializeModel } from '../../onnx/serde.ts';
import { attentionFacts, chooseAttention } from '../attention.ts';
import type { Layout } from '../layout.ts';
import type { Geometry, Parts } from '../parts.ts';
import type { ReadModel } from '../read-model.ts';
import { type BundleMemory, foretell } from './bundle.ts';
import { memoryOfParts } from './of-parts.ts';
import { type MemoryEstimate, usualMemory } from './usual.ts';

/**
 * On the processor, with attention as it is by itself at each size. Graphs are copied, since these are looked at further. Null
 * where the network cannot be prepared, which is told elsewhere.
 */
export async function memoryOfInspected(
  layout: Layout,
  parts: Parts,
  { factor, grid, nativeSize, latentChannels }: Geometry,
  lends: boolean,
): Promise<MemoryEstimate | null> {
  const copied = <T extends ReadModel>(part: T): T => ({
    ...part,
    graph: { ...part.graph, model: parseModel(serializeModel(part.graph.model)) },
  });
  const copies = (): Parts => ({
    ...parts,
    unet: copied(parts.unet),
    vaeEncoder: copied(parts.vaeEncoder),
    vaeDecoder: copied(parts.vaeDecoder),
    text: parts.text.map(copied),
  });
  const model = { name: layout.name, selfAttention: attentionFacts(parts, layout) };
  const known = new Map<string, BundleMemory>();
  try {
    return await usualMemory(
      async (shape) => {
        const attention = await chooseAttention('auto', { model, shape, provider: 'cpu' });
        const key = `${attention.unet} ${attention.vae}`;
        const sites = lends ? 'decoder' : 'none';
        const memory =
          known.get(key) ?? memoryOfParts(copies(), factor, { sites, attention, memory: 'auto' });
        known.set(key, memory);
        return foretell(memory, shape);
      },
      { nativeSize, grid, factor, channels: latentChannels },
    );
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
