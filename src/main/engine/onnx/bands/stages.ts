/**
 * A picture network cut into stages, each of which can be computed band by band, to the same result as the whole: a stage ends
 * where a norm wants the mean and variance of the whole picture, or attention its keys and values.
 */
import { weightOf } from '../ir/constants.ts';
import { attr, Graph, type Model, Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT } from '../ir/types.ts';
import { StageRows } from './stage-rows.ts';
import { type NormInputs, toldNorm } from './told-norm.ts';
import { NotInBands, type Numbers, type Values, valuesOf } from './values.ts';

/** A value and what it is called where it goes in and out, as float32. */
interface Port {
  readonly value: string;
  readonly port: string;
}

export interface Stage {
  readonly model: Model;
  /** Pictures of which it reads rows, all of one height. */
  readonly reads: readonly Port[];
  /** What it is given as a whole, as an earlier stage made it. */
  readonly wholes: readonly Port[];
  readonly norms: readonly NormInputs[];
  readonly makes: readonly Port[];
  /** Not computed in bands: keys and values of attention, which are no pictures. */
  readonly atOnce: boolean;
  readonly rows: StageRows;
}

/** @throws NotInBands */
export function cutIntoStages(
  model: Model,
  io: { readonly input: string; readonly output: string },
  numbers: Numbers,
): Stage[] {
  sortNodes(model.graph);
  const values = valuesOf(model.graph, io.input, numbers);
  const levelOf = (name: string): number => {
    const value = values.of.get(name);
    return value && value.kind !== 'constant' ? value.level : 0;
  };
  const maps = new Set([...values.norms.values()].map(({ source }) => source));
  maps.add(io.output);
  maps.delete(io.input);
  const wholes = new Set(
    [...values.wholes].flatMap(([node, inputs]) => inputs.map((at) => node.inputs[at]!)),
  );
  const both = [...wholes].find((name) => maps.has(name) || name === io.input);
  if (both !== undefined) throw new NotInBands(`${both} is looked at as a whole and in parts`);
  const levels = [...new Set([...maps, ...wholes].map(levelOf))].sort((a, b) => a - b);
  const stages: Stage[] = [];
  const have = new Set([io.input]);
  for (const level of levels) {
    for (const [cuts, atOnce] of [
      [maps, false],
      [wholes, true],
    ] as const) {
      const makes = [...cuts].filter((name) => levelOf(name) === level);
      if (makes.length === 0) continue;
      stages.push(stageOf(model, values, { makes, have, wholes, atOnce }));
      for (const made of makes) have.add(made);
    }
  }
  return stages;
}

interface Cut {
  readonly makes: readonly string[];
  /** What was made before. */
  readonly have: ReadonlySet<string>;
  readonly wholes: ReadonlySet<string>;
  readonly atOnce: boolean;
}

function stageOf(model: Model, values: Values, { makes, have, wholes, atOnce }: Cut): Stage {
  const from = model.graph;
  const graph = new Graph(`${from.name} to ${makes[0]}`);
  const reads: Port[] = [];
  const given: Port[] = [];
  const norms: NormInputs[] = [];
  const done = new Set<string>(['']);
  const kept: Node[] = [];
  const enter = (value: string) => {
    const type = typeOf(from, value);
    const port = type === ELEMENT.float32 ? value : `${value}/float32`;
    graph.inputs.push({ name: port, type: ELEMENT.float32, dims: null });
    if (port !== value) cast(graph, port, value, type);
    (wholes.has(value) ? given : reads).push({ value, port });
  };
  const copy = (value: string) => {
    if (done.has(value)) return;
    done.add(value);
    const tensor = from.initializers.get(value);
    if (tensor) {
      graph.initializers.set(value, tensor);
      return;
    }
    if (have.has(value)) {
      enter(value);
      return;
    }
    const node = from.producer(value);
    if (!node) throw new NotInBands(`${value} is made by nothing`);
    for (const output of node.outputs) done.add(output);
    for (const input of node.inputs) copy(input);
    const norm = values.norms.get(node);
    if (norm) norms.push(toldNorm(from, graph, norm, typeOf(from, node.inputs[0]!)));
    else graph.insert(new Node({ ...node, attributes: node.attributes }));
    kept.push(node);
  };
  for (const value of makes) copy(value);
  const ports = makes.map((value) => {
    const type = typeOf(from, value);
    const port = type === ELEMENT.float32 ? value : `${value}/made`;
    if (port !== value) cast(graph, value, port, ELEMENT.float32);
    graph.outputs.push({ name: port, type: ELEMENT.float32, dims: null });
    return { value, port };
  });
  const rows = new StageRows(values, { nodes: kept, reads: reads.map(({ value }) => value), makes });
  return {
    model: { graph, opsets: model.opsets, irVersion: model.irVersion },
    ...{ reads, wholes: given, norms, makes: ports, atOnce, rows },
  };
}

function cast(graph: Graph, from: string, to: string, type: number): void {
  graph.insert(
    new Node({
      op: 'Cast',
      name: `${to}/cast`,
      inputs: [from],
      outputs: [to],
      attributes: new Map([['to', attr.int(type)]]),
    }),
  );
}

/** Element type of a computed value: that of the weights on its way, as ONNX's operators keep it. */
function typeOf(graph: Graph, value: string): number {
  for (let at = value; ; ) {
    const given = graph.inputs.find(({ name }) => name === at) ?? graph.valueInfo.get(at);
    if (given?.type) return given.type;
    const node = graph.producer(at);
    if (!node) return graph.initializers.get(at)?.type ?? ELEMENT.float32;
    if (node.op === 'Cast') return node.int('to', ELEMENT.float32);
    const weight = ['Conv', 'ConvTranspose', 'MatMul', 'FusedMatMul', 'Gemm'].includes(node.op)
      ? weightOf(graph, node.inputs[1]!)
      : null;
    if (weight) return weight.type;
    at = node.inputs[0]!;
  }
}
