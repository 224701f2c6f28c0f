/** How the weights of a network are held while it runs: one rule, by its size and what the artist wants. The figures: docs/performance.md. */
import { createHash } from 'node:crypto';
import type { MemoryUse } from '../../../common/settings/model.ts';
import { ELEMENT, tensorBytes } from '../onnx/ir/types.ts';
import type { Provider, SessionOptions } from '../onnx/ort.ts';
import type { LoadedGraph } from '../onnx/slim.ts';
import { staysHalf } from './half-weights.ts';
import type { Source } from './source.ts';
import type { BundleDigests, BundleFacts, WeightsInFile } from './types.ts';

/** Bytes in float32 from which on weights stay in their file: UNets and ControlNets of real size have more, VAEs and small models less. */
const LARGE = 512 * 2 ** 20;

/** @param network as it was read, before any pass */
export function weightsInFile({
  source,
  graph: { model },
}: {
  readonly source: Pick<Source, 'also'>;
  readonly graph: Pick<LoadedGraph, 'model'>;
}): WeightsInFile {
  const full = [...model.graph.initializers.values()]
    .filter(({ type, data }) => data.kind === 'external' && type === ELEMENT.float32)
    .reduce((sum, { type, dims }) => sum + (tensorBytes(type, dims) ?? 0), 0);
  const inPlace = source.also !== undefined;
  return { full, half: inPlace && staysHalf(model), inPlace };
}

export interface SessionWish {
  readonly provider: Provider;
  /** As it always was where it is not said: large networks of float32 copied, those of half precision left in their file. */
  readonly memory?: MemoryUse | undefined;
}

export type SessionChoice = Pick<SessionOptions, 'lowMemory' | 'keepHalf' | 'plainConvolutions'>;

/** Never by what is free just then, so that the same edit gives the same bits again. Other providers hold weights in their own way. */
export function chooseSession(
  { full, half, inPlace }: WeightsInFile,
  { provider, memory }: SessionWish,
): SessionChoice {
  if (provider !== 'cpu') return {};
  if (half) return { keepHalf: memory !== 'fast' };
  if (memory !== 'auto' || full < LARGE) return {};
  return inPlace ? { lowMemory: true } : { plainConvolutions: true };
}

/** Digests of a bundle by what its networks compute; only its UNet is ever large enough. */
export function digestsWithSession(
  { digests, unetWeights }: Pick<BundleFacts, 'digests' | 'unetWeights'>,
  wish: SessionWish,
): BundleDigests {
  return { ...digests, unet: digestWithSession(digests.unet, unetWeights, wish) };
}

/** sha256 hex of a network by what it computes: its own where the choice gives the bits that it gave before there was one. */
export function digestWithSession(own: string, weights: WeightsInFile, wish: SessionWish): string {
  const [chosen, usual] = [wish, { provider: wish.provider }].map((one) =>
    JSON.stringify(chooseSession(weights, one)),
  );
  if (chosen === usual) return own;
  return createHash('sha256')
    .update(JSON.stringify([own, chosen]))
    .digest('hex');
}
