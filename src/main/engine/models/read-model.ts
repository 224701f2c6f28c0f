/** A network as its file has it, understood by its role. */
import type { CancelSignal } from '../../../common/errors.ts';
import type { LoadedGraph } from '../onnx/slim.ts';
import { partDigest } from './digests.ts';
import { type WeightRanges, weightRanges } from './finite.ts';
import type { Role, RoleName } from './role.ts';
import type { Source } from './source.ts';
import type { DigestStore } from './types.ts';
import { whileUnchanged } from './unchanged.ts';

/** A graph that was read and understood; nothing of it is changed yet, no weight was read. */
export interface ReadModel<Io = unknown> {
  readonly role: RoleName;
  readonly source: Source;
  readonly graph: LoadedGraph;
  readonly io: Io;
  /** @throws AppError bundle-invalid where a file of weights is no longer as it was when it was read */
  unchanged(): void;
}

/** @param load reads the graph; from the source, unless the caller has done so. @throws AppError bundle-invalid, weights-missing */
export function readModel<Io, Want, Variant, Functions>(
  role: Role<Io, Want, Variant, Functions>,
  source: Source,
  want: Want,
  graph: LoadedGraph = source.load(),
): ReadModel<Io> {
  const unchanged = whileUnchanged(graph.files);
  return { role, source, graph, io: role.io(graph.model, source.file, want), unchanged };
}

/**
 * sha256 hex of everything that changes its numbers.
 * @param weights that must be numbers, by file: of all parts, where several lie in one; its own unless given
 * @throws Cancelled, AppError bundle-invalid, weights-missing
 */
export async function digestOfModel(
  model: Pick<ReadModel, 'source' | 'graph' | 'unchanged'>,
  store?: DigestStore,
  signal?: CancelSignal,
  weights: WeightRanges = weightsToCheck([model]),
): Promise<string> {
  const { source, graph } = model;
  const digest = await partDigest(source.files(graph), store, signal, { also: source.also, weights });
  model.unchanged();
  return digest;
}

/** Of networks that are written here. The graphs of exports hold infinity where they mean it: masks. */
export function weightsToCheck(models: readonly Pick<ReadModel, 'source' | 'graph'>[]): WeightRanges {
  return weightRanges(models.filter(({ source }) => source.also !== undefined).map(({ graph }) => graph));
}
