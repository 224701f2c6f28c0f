import { assert } from '../../../../common/errors.ts';
import { attr, type Model } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT, type ValueInfo } from '../ir/types.ts';

const OTHER_FLOATS: readonly (number | null)[] = [ELEMENT.float16, ELEMENT.bfloat16, ELEMENT.float64];

export interface FloatIoChange {
  readonly name: string;
  /** The element type it had; inside, it still has it. */
  readonly from: number;
}

/**
 * Makes all floating-point inputs and outputs float32, casting inside the graph: half-precision tensors do not pass
 * the runtime's Node binding reliably. Integer inputs (token ids, int64 or int32 timesteps) stay as they are.
 *
 * Requires: nothing. Ensures: no input or output is float16, bfloat16 or float64; names, order and shapes are kept.
 */
export function float32Io(model: Model): { inputs: FloatIoChange[]; outputs: FloatIoChange[] } {
  const { graph } = model;
  const weights = (value: ValueInfo) => graph.initializers.has(value.name);
  const inputs: FloatIoChange[] = [];
  const outputs: FloatIoChange[] = [];
  for (const input of graph.inputs) {
    const from = input.type;
    if (from === null || !OTHER_FLOATS.includes(from) || weights(input)) continue;
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
