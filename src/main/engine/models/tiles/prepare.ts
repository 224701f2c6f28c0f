/** A picture network prepared to run in tiles. */

import { cutIntoStages, type Stage } from '../../onnx/bands/stages.ts';
import { NotInBands, unknownNumbers } from '../../onnx/bands/values.ts';
import { attr, Graph, type Model, Node } from '../../onnx/ir/graph.ts';
import { ELEMENT } from '../../onnx/ir/types.ts';
import type { Session } from '../../onnx/ort.ts';

/**
 * @param create opens a session of a graph whose weights lie where the model's do
 * @throws NotInBands; AppError as create
 */
export async function stagesOf(
  model: Model,
  io: { readonly input: string; readonly output: string },
  create: (model: Model) => Promise<Session>,
): Promise<Stage[]> {
  return cutIntoStages(model, io, await numbersOf(model, create));
}

/** What decides where rows go. Exporters compute pads from constants in the graph, so the runtime is asked what they are. */
async function numbersOf(
  model: Model,
  create: (model: Model) => Promise<Session>,
): Promise<Map<string, number[]>> {
  const names = unknownNumbers(model.graph);
  if (names.length === 0) return new Map();
  const graph = new Graph('numbers');
  const done = new Set(['']);
  const copy = (value: string) => {
    if (done.has(value)) return;
    done.add(value);
    const tensor = model.graph.initializers.get(value);
    if (tensor) graph.initializers.set(value, tensor);
    const node = model.graph.producer(value);
    if (!tensor && !node) throw new NotInBands(`${value} depends on what is fed`);
    if (!node) return;
    for (const output of node.outputs) done.add(output);
    for (const input of node.inputs) copy(input);
    graph.insert(new Node({ ...node, attributes: node.attributes }));
  };
  const ports = names.map((name, i) => {
    copy(name);
    const port = `${name}/number${i}`;
    graph.insert(
      new Node({
        op: 'Cast',
        name: port,
        inputs: [name],
        outputs: [port],
        attributes: new Map([['to', attr.int(ELEMENT.float32)]]),
      }),
    );
    graph.outputs.push({ name: port, type: ELEMENT.float32, dims: null });
    return port;
  });
  const session = await create({ graph, opsets: model.opsets, irVersion: model.irVersion });
  try {
    const made = await session.run({}, ports);
    return new Map(names.map((name, i) => [name, Array.from(made[ports[i]!]!.data)]));
  } finally {
    await session.release();
  }
}
