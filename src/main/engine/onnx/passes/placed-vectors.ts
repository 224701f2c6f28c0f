/**
 * Puts vectors in the place of tokens (textual inversion, Gal et al. 2023): behind the table of token embeddings a choice is
 * made, token by token, between its row and one that is fed.
 */
import { AppError } from '../../../../common/errors.ts';
import { constantOf, weightOf } from '../ir/constants.ts';
import { attr, type Graph, type Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { tablesReadBy, tokenInputs } from '../ir/token-table.ts';
import { ELEMENT } from '../ir/types.ts';
import { lostValue, type Pass } from './pass.ts';

export interface PlacedVectors {
  /** Input, bool [1, tokens, 1]: true where a vector stands in the place of the token. */
  readonly mask: string;
  /** Input, float32 [1, tokens, width]; read where the mask is true. */
  readonly rows: string;
  /** Numbers of a vector, where the table tells. */
  readonly width: number | null;
}

const FLOATS: readonly number[] = [ELEMENT.float32, ELEMENT.float16, ELEMENT.bfloat16, ELEMENT.float64];

const MASK = 'placed_mask';
const ROWS = 'placed_rows';

/**
 * Requires: token ids enter as one input, [batch, tokens], and a table of constants is read by them. Ensures: inputs
 * `placed_mask` and `placed_rows`; with nothing true in the mask the outputs are the original's to the bit.
 *
 * Refuses with AppError bundle-invalid where no table is found.
 */
export const placedVectors: Pass<void, PlacedVectors> = {
  id: 'placed-vectors',
  requires({ graph }) {
    if (graph.inputs.some(({ name }) => name === MASK)) return 'vectors can be placed already';
    const inputs = tokenInputs(graph).length;
    return inputs === 1 ? null : `it has ${inputs} inputs of whole numbers`;
  },
  run({ graph }, _options, doing) {
    const [ids] = tokenInputs(graph) as [string];
    const tables = tablesReadBy(graph, ids);
    const [table] = tables;
    if (!table || tables.length > 1) {
      const what = table ? `${tables.length} tables of token embeddings` : 'no table of token embeddings';
      throw new AppError('bundle-invalid', `${what} could be found in it, so no embedding can be put there`, {
        doing,
        hint: 'Leave the embeddings out, or use the safetensors form of the model.',
      });
    }
    const { value, type } = floatsBehind(graph, table);
    const width =
      constantOf(graph, table.inputs[0]!)?.dims[1] ??
      weightOf(graph, table.inputs[0]!)?.tensor.dims[1] ??
      null;
    graph.inputs.push({ name: MASK, type: ELEMENT.bool, dims: [1, `${MASK}_tokens`, 1] });
    graph.inputs.push({ name: ROWS, type: ELEMENT.float32, dims: [1, `${MASK}_tokens`, width] });
    const chosen = graph.unique('placed');
    graph.replaceUses(value, chosen);
    const typed = type === ELEMENT.float32 ? ROWS : graph.addNode('Cast', [ROWS], { to: attr.int(type) });
    graph.addNode('Where', [MASK, typed, value], {}, { outputs: [chosen], name: '/placed_vectors/Where' });
    keepOutput(graph, value, chosen);
    sortNodes(graph);
    return { mask: MASK, rows: ROWS, width };
  },
  ensures(model, { before }) {
    const { graph } = model;
    const unread = [MASK, ROWS].find((name) => graph.consumers(name).length === 0);
    if (unread) return `nobody reads ${unread}`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

/** The rows as floats: of a table of few bits behind what makes floats of it. */
function floatsBehind(graph: Graph, table: Node): { readonly value: string; readonly type: number } {
  const [made] = table.outputs as [string];
  if (table.op === 'GatherBlockQuantized') return { value: made, type: typeOf(graph, table.inputs[2]!) };
  const type = typeOf(graph, table.inputs[0]!);
  if (FLOATS.includes(type)) return { value: made, type };
  const after = graph.consumers(made).find(({ op }) => op === 'DequantizeLinear');
  return after
    ? { value: after.outputs[0]!, type: typeOf(graph, after.inputs[1]!) }
    : { value: made, type: ELEMENT.float32 };
}

function typeOf(graph: Graph, value: string): number {
  return weightOf(graph, value)?.type ?? ELEMENT.float32;
}

/** Where the rows are an output themselves (hidden_states.0), what was chosen is given out. */
function keepOutput(graph: Graph, value: string, chosen: string): void {
  if (!graph.outputs.some(({ name }) => name === value)) return;
  const table = graph.producer(value)!;
  const inner = graph.unique(`${value}_rows`);
  graph.renameOutput(table, table.outputs.indexOf(value), inner);
  const choice = graph.producer(chosen)!;
  graph.setInput(choice, 2, inner);
  graph.addNode('Identity', [chosen], {}, { outputs: [value] });
}
