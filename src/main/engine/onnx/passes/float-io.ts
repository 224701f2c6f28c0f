/**
 * Makes all floating-point inputs and outputs float32, casting inside the graph: half-precision tensors do not pass
 * the runtime's Node binding reliably. Integer inputs (token ids, int64 or int32 timesteps) stay as they are.
 */
import { assert } from '../../../../common/errors.ts';
import { attr, type Model } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT, type ValueInfo } from '../ir/types.ts';
import { lostValue, type Pass } from './pass.ts';

const OTHER_FLOATS: readonly (number | null)[] = [ELEMENT.float16, ELEMENT.bfloat16, ELEMENT.float64];

interface FloatIoChange {
  readonly name: string;
  /** The element type it had; inside, it still has it. */
  readonly from: number;
}

export interface FloatIo {
  readonly inputs: readonly FloatIoChange[];
  readonly outputs: readonly FloatIoChange[];
}

/**
 * Requires: outputs in another float are made by nodes. Ensures: no input or output is float16, bfloat16 or float64;
 * names and order are kept.
 */
export const float32Io: Pass<void, FloatIo> = {
  id: 'float-io',
  requires({ graph }) {
    const unmade = graph.outputs.find(
      ({ name, type }) => OTHER_FLOATS.includes(type) && !graph.producer(name),
    );
    return unmade ? `the output ${unmade.name} is made by no node` : null;
  },
  run: castIo,
  ensures(model, { before }) {
    const other = [...ownInputs(model), ...model.graph.outputs].find(({ type }) =>
      OTHER_FLOATS.includes(type),
    );
    if (other) return `${other.name} is not float32`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

/** The oldest exporters list weights among the inputs, which nobody feeds. */
function ownInputs({ graph }: Model): ValueInfo[] {
  return graph.inputs.filter(({ name }) => !graph.initializers.has(name));
}

function castIo(model: Model): FloatIo {
  const { graph } = model;
  const inputs: FloatIoChange[] = [];
  const outputs: FloatIoChange[] = [];
  for (const input of ownInputs(model)) {
    const from = input.type;
    if (from === null || !OTHER_FLOATS.includes(from)) continue;
    const inner = graph.unique(`${input.name}_typed`);
    graph.replaceUses(input.name, inner);
    graph.addNode('Cast', [input.name], { to: attr.int(from) }, { outputs: [inner] });
    input.type = ELEMENT.float32;
    inputs.push({ name: input.name, from });
  }
  for (const output of graph.outputs) {
    const from = output.type;
    if (from === null || !OTHER_FLOATS.includes(from)) continue;
    const maker = graph.producer(output.name);
    assert(maker, `the output ${output.name} is made by no node`);
    const inner = graph.unique(`${output.name}_typed`);
    graph.replaceUses(output.name, inner);
    graph.renameOutput(maker, maker.outputs.indexOf(output.name), inner);
    graph.addNode('Cast', [inner], { to: attr.int(ELEMENT.float32) }, { outputs: [output.name] });
    output.type = ELEMENT.float32;
    outputs.push({ name: output.name, from });
  }
  if (inputs.length + outputs.length > 0) sortNodes(graph);
  return { inputs, outputs };
}
