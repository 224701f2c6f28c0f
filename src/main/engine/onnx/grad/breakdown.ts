/** Where in a graph numbers break down. */
import { attr, type Model, type Node } from '../ir/graph.ts';
import { ELEMENT } from '../ir/types.ts';
import type { Feed, Session } from '../ort.ts';
import { inferShapes } from '../shapes/infer.ts';
import { fedOf } from './backward.ts';
import { GraphEmitter } from './emitter.ts';

/**
 * Runs it once more, with one number of each of its values: 0 where all of that value is finite, NaN elsewhere. For graphs that failed:
 * nothing of it is computed otherwise.
 * @param model of fixed shapes; is used up
 * @returns " at the operator Sqrt (node)", "" where it does not happen again; as words of a message
 */
export async function breakdown(
  model: Model,
  feeds: Readonly<Record<string, Feed>>,
  open: (model: Model) => Promise<Session>,
): Promise<string> {
  const { graph } = model;
  const input = Object.entries(feeds).find(
    ([, { type, data }]) => type === 'float32' && !data.every(Number.isFinite),
  );
  if (input) return ` because its input ${input[0]} is none`;
  const known = inferShapes(graph, fedOf(graph));
  const emit = new GraphEmitter(model, known);
  const suspects: { readonly node: Node; readonly flag: string }[] = [];
  for (const node of [...graph.nodes])
    for (const value of node.outputs) {
      const found = known.get(value);
      if (found?.type !== ELEMENT.float32) continue;
      const every = found.dims.map((_, axis) => axis);
      const flag = emit.sum(emit.op('Mul', [value, emit.float(0)]), every);
      suspects.push({ node, flag: emit.reshape(flag, [1]) });
    }
  const flags = emit.op(
    'Concat',
    suspects.map(({ flag }) => flag),
    { axis: attr.int(0) },
  );
  graph.outputs.splice(0, graph.outputs.length, {
    name: flags,
    type: ELEMENT.float32,
    dims: [suspects.length],
  });
  const session = await open(model);
  try {
    const { data } = (await session.run(feeds, [flags]))[flags]!;
    const first = suspects.find((_, i) => !Number.isFinite(data[i]!));
    return first ? ` at the operator ${first.node.op} (${first.node.label})` : '';
  } finally {
    await session.release();
  }
}
