/** The LoRAs that a model is opened with. */
import { createHash } from 'node:crypto';
import type { LoraUse } from '../../../../common/settings/loras.ts';
import type { Adapter } from '../../onnx/passes/low-rank.ts';
import { fileDigest } from '../digests.ts';
import type { Parts } from '../parts.ts';
import type { BundleDigests, LoraFacts, OpenBundleOptions } from '../types.ts';
import { familyOfModel } from './family.ts';
import { type Matched, matchLora } from './match.ts';
import type { Network } from './names.ts';
import { readLora } from './read.ts';

export interface LoraInUse extends LoraFacts {
  readonly additions: Matched['additions'];
}

/**
 * @param name of the model, for messages
 * @throws AppError weights-missing, bundle-invalid, not-finite naming the file and why it cannot be used; Cancelled
 */
export async function openLoras(
  wanted: readonly LoraUse[],
  { name, parts }: { readonly name: string; readonly parts: Pick<Parts, 'unet' | 'text'> },
  { digestStore, signal }: Pick<OpenBundleOptions, 'digestStore' | 'signal'>,
): Promise<readonly LoraInUse[]> {
  if (wanted.length === 0) return [];
  const { unet, text } = parts;
  const [first, second] = text.map(({ graph }) => graph.model.graph);
  const graphs = {
    unet: unet.graph.model.graph,
    ...(first && { text: first }),
    ...(second && { text2: second }),
  };
  const model = { name, family: familyOfModel(unet.io), graphs };
  const used: LoraInUse[] = [];
  for (const { path, strength } of wanted) {
    const file = readLora(path);
    const { additions, unmatched } = matchLora(file, model);
    const digest = await fileDigest(file.path, digestStore, signal);
    const count = (network: Network) => additions[network]?.length ?? 0;
    const layers = { unet: count('unet'), text: count('text') + count('text2') };
    used.push({ name: file.name, path, strength, digest, layers, unmatched, additions });
  }
  return used;
}

/** What stands beside the layers of one network. */
export function adaptersOf(loras: readonly LoraInUse[], network: Network): readonly Adapter[] {
  return loras.flatMap(({ additions, strength }) => {
    const mine = additions[network];
    return mine ? [{ additions: mine, strength: () => strength }] : [];
  });
}

/** Digests of a model with what is added to it; its own where nothing is. */
export function digestsWith(own: BundleDigests, loras: readonly LoraFacts[]): BundleDigests {
  const digest = (part: keyof LoraFacts['layers'], alone: string) => {
    const added = loras.filter(({ layers }) => layers[part] > 0);
    if (added.length === 0) return alone;
    return createHash('sha256')
      .update(JSON.stringify([alone, ...added.map((lora) => [lora.digest, lora.strength])]))
      .digest('hex');
  };
  return { ...own, unet: digest('unet', own.unet), textEncoder: digest('text', own.textEncoder) };
}
