/**
 * A graph for inputs of one size: every side is a number, what computes shapes is folded away, all is computed in float32. What is left
 * is mathematics alone, which rules of differentiation need not look behind.
 */
import { AppError } from '../../../../common/errors.ts';
import { type Graph, type Model, type Node, readNames } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT, float32Tensor, int64Tensor, type Tensor } from '../ir/types.ts';
import { removeUnread } from '../passes/prune.ts';
import { inferShapes } from '../shapes/infer.ts';
import { type Known, knownConstant, product } from '../shapes/known.ts';
import { isUnderstood } from '../shapes/operators.ts';
import { inFloat32 } from './in-float32.ts';

/**
 * In place. Weights in files stay there; inputs, outputs and their order are kept.
 * @param fed dims of every input; with values, of those that shapes depend on: the graph then holds for these values alone
 * @returns dims and type of every value, row-major values of small constants
 * @throws AppError bundle-invalid naming an operator of which nobody can say how large its result is
 */
export function fixShapes(model: Model, fed: ReadonlyMap<string, Known>, doing: string): Map<string, Known> {
  const { graph } = model;
  for (const node of [...graph.nodes]) if (node.op === 'Constant') asInitializer(graph, node);
  for (const [name, known] of fed) {
    const told = tensorOf(name, known);
    if (told) graph.replaceUses(name, graph.addInitializer(told));
  }
  while (inlineBranches(graph, inferShapes(graph, fed)));
  inFloat32(model);
  const float32Fed = new Map(
    [...fed].map(([name, known]) => [name, { ...known, type: typeOf(graph, name) ?? known.type }]),
  );
  fold(graph, inferShapes(graph, float32Fed));
  bypass(graph, inferShapes(graph, float32Fed));
  removeUnread(graph);
  graph.valueInfo.clear();
  const shapes = inferShapes(graph, float32Fed);
  for (const node of graph.nodes) refuseUnknown(node, shapes, doing);
  for (const value of [...graph.inputs, ...graph.outputs]) {
    const found = shapes.get(value.name);
    if (found) [value.dims, value.type] = [found.dims, found.type];
  }
  return shapes;
}

function typeOf(graph: Graph, input: string): number | null {
  return graph.inputs.find(({ name }) => name === input)?.type ?? null;
}

function asInitializer(graph: Graph, node: Node): void {
  const name = node.outputs[0]!;
  const held = node.attributes.get('value');
  const found = knownConstant(graph, node);
  const tensor = held?.kind === 'tensor' ? { ...held.value, name } : found && tensorOf(name, found);
  if (!tensor || isGiven(graph, name)) return;
  graph.remove(node);
  graph.initializers.set(name, tensor);
}

function isGiven(graph: Graph, value: string): boolean {
  return graph.outputs.some(({ name }) => name === value);
}

/** Null where its values are not known, or its type holds no numbers of shapes. */
function tensorOf(name: string, { dims, type, values }: Known): Tensor | null {
  if (!values || values.length !== product(dims)) return null;
  if (type === ELEMENT.float32) return float32Tensor(name, dims, Float32Array.from(values));
  if (type === ELEMENT.int64) return int64Tensor(name, dims, values.map(Math.trunc));
  const bytes =
    type === ELEMENT.bool
      ? Uint8Array.from(values)
      : type === ELEMENT.int32
        ? new Uint8Array(Int32Array.from(values).buffer)
        : null;
  return bytes && { name, dims, type, data: { kind: 'bytes', bytes } };
}

/** Each If whose condition is known becomes the branch that is taken. Returns whether there was one. */
function inlineBranches(graph: Graph, shapes: ReadonlyMap<string, Known>): boolean {
  let any = false;
  for (const node of [...graph.nodes]) {
    const chosen = node.op === 'If' ? shapes.get(node.inputs[0]!)?.values?.[0] : undefined;
    const branch =
      chosen === undefined ? undefined : node.attributes.get(chosen ? 'then_branch' : 'else_branch');
    if (branch?.kind !== 'graph') continue;
    inline(graph, node, branch.value);
    any = true;
  }
  if (any) {
    sortNodes(graph);
    for (const node of [...graph.nodes]) if (node.op === 'Constant') asInitializer(graph, node);
  }
  return any;
}

function inline(graph: Graph, node: Node, branch: Graph): void {
  // Names inside are unique in the whole model already: a branch sees what is around it.
  graph.remove(node);
  for (const [name, tensor] of branch.initializers) graph.initializers.set(name, tensor);
  for (const inner of [...branch.nodes]) graph.insert(inner);
  for (const [i, output] of node.outputs.entries()) {
    if (output === '') continue;
    graph.addNode('Identity', [branch.outputs[i]!.name], {}, { outputs: [output] });
  }
}

/** What is known to be a few numbers is written down. */
function fold(graph: Graph, shapes: ReadonlyMap<string, Known>): void {
  for (const node of [...graph.nodes]) {
    const tensors = node.outputs.map((name) => {
      const found = shapes.get(name);
      return name === '' || isGiven(graph, name) || !found ? null : tensorOf(name, found);
    });
    if (tensors.some((tensor) => tensor === null)) continue;
    graph.remove(node);
    for (const tensor of tensors) graph.initializers.set(tensor!.name, tensor!);
  }
}

/** Readers of what changes nothing read what it is given. */
function bypass(graph: Graph, shapes: ReadonlyMap<string, Known>): void {
  for (const node of [...graph.nodes]) {
    const [from, to] = [node.inputs[0]!, node.outputs[0]!];
    const [before, after] = [shapes.get(from), shapes.get(to)];
    const same =
      node.op === 'Identity' ||
      (node.op === 'Dropout' && !node.inputs[2]) ||
      (node.op === 'Cast' && before !== undefined && before.type === after?.type);
    if (same) graph.replaceUses(to, from);
  }
}

function refuseUnknown(node: Node, shapes: ReadonlyMap<string, Known>, doing: string): void {
  const open = node.outputs.find((name) => {
    const dims = name === '' ? [] : shapes.get(name)?.dims;
    return !dims?.every((dim) => Number.isInteger(dim) && dim >= 0);
  });
  if (open === undefined && isUnderstood(node.op)) return;
  const unfed = readNames(node).find((name) => name !== '' && !shapes.has(name));
  throw new AppError(
    'bundle-invalid',
    unfed !== undefined && isUnderstood(node.op)
      ? `of ${unfed}, which ${node.op} (${node.label}) reads, it is not known how large it is`
      : `of what the operator ${node.op} (${node.label}) makes it cannot be told how large it is`,
    { doing, hint: 'Export the model again without optimising it, or use another one.' },
  );
}
