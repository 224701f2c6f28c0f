/** A network of one size made ready to be followed backwards: segment by segment where the whole would take much memory. */
import { AppError } from '../../../../common/errors.ts';
import type { Graph, Model } from '../ir/graph.ts';
import { removeUnread } from '../passes/prune.ts';
import { parseModel, serializeModel } from '../serde.ts';
import type { Known } from '../shapes/known.ts';
import { type Asked, type Backward, differentiate } from './backward.ts';
import { expandFused } from './expand.ts';
import { fixShapes } from './fix-shapes.ts';
import { cutWhereLittleIsAlive } from './segments.ts';

/** Bytes that a network may make in one call to be followed back as a whole. */
const SMALL = 2 ** 28;

export interface Chain extends Backward {
  /** Values to be kept of the way forwards; none where the whole is followed at once. */
  readonly kept: readonly string[];
  readonly keptBytes: number;
  /** What the way back is fed: inputs of the network, what was kept, cotangents. */
  readonly reads: readonly string[];
  /** The network forwards, with what is kept among its outputs. */
  forward(): Model;
  /** The way back: each segment once more out of what was kept, when what comes after it was followed back, and then back through it. */
  back(): Model;
}

/**
 * @param graph of any size, its weights in files; all that is fed has its dims in `fed`, with values where shapes depend on them
 * @param most bytes that are followed back as a whole
 * @throws AppError bundle-invalid naming an operator that cannot be differentiated, or whose result nobody knows the shape of
 */
export function chainOf(
  graph: Uint8Array,
  fed: ReadonlyMap<string, Known>,
  asked: Asked,
  { label, most = SMALL }: { readonly label: string; readonly most?: number | undefined },
): Chain {
  const doing = `following ${label} backwards`;
  const { model, shapes } = ofOneSize(graph, fed, asked, doing);
  const { kept, stretches, bytes: keptBytes } = cutWhereLittleIsAlive(model.graph, shapes, most);
  const fixed = serializeModel(model);
  const backward = refusedWhile(doing, () =>
    differentiate(model, kept.length > 0 ? { ...asked, stretches } : asked),
  );
  keepOutputs(
    model,
    [...backward.gradients.values()].flatMap((name) => name ?? []),
  );
  giveInstead(model.graph, kept, shapes);
  const { inputs } = model.graph;
  const read = inputs.filter(({ name }) => model.graph.consumers(name).length > 0);
  inputs.splice(0, inputs.length, ...read);
  const back = serializeModel(model);
  return {
    ...backward,
    ...{ kept, keptBytes, reads: read.map(({ name }) => name) },
    back: () => parseModel(back, label),
    forward() {
      const whole = parseModel(fixed, label);
      for (const name of kept) whole.graph.outputs.push({ name, type: null, dims: null });
      return whole;
    },
  };
}

/**
 * Whether a network can be followed back: what `chainOf` would refuse is refused here, and nothing is kept of it.
 * @param doing as messages say it: "following unet/model.onnx backwards"
 * @throws AppError as chainOf
 */
export function checkDifferentiable(
  graph: Uint8Array,
  fed: ReadonlyMap<string, Known>,
  asked: Asked,
  doing: string,
): void {
  const { model } = ofOneSize(graph, fed, asked, doing);
  refusedWhile(doing, () => differentiate(model, asked));
}

function ofOneSize(graph: Uint8Array, fed: ReadonlyMap<string, Known>, asked: Asked, doing: string) {
  const model = parseModel(graph, doing);
  keepOutputs(model, asked.of);
  const found = fixShapes(model, fed, doing);
  const expanded = refusedWhile(doing, () => expandFused(model));
  return { model, shapes: expanded > 0 ? fixShapes(model, fed, doing) : found };
}

/** A rule knows its node, and not whose it is. */
function refusedWhile<T>(doing: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, error.message, { doing, hint: error.hint });
  }
}

/** What was made is fed. */
function giveInstead(graph: Graph, values: readonly string[], shapes: ReadonlyMap<string, Known>): void {
  for (const name of values) {
    const maker = graph.producer(name);
    if (maker) graph.remove(maker);
    const { type, dims } = shapes.get(name)!;
    graph.inputs.push({ name, type, dims });
  }
  removeUnread(graph);
}

function keepOutputs({ graph }: Model, wanted: readonly string[]): void {
  const kept = graph.outputs.filter(({ name }) => wanted.includes(name));
  graph.outputs.splice(0, graph.outputs.length, ...kept);
  if (kept.length > 0) removeUnread(graph);
}
