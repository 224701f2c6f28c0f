/** What the network attends to: one text encoder's last state, or XL's two last but one, side by side. */
import type { WrittenNetwork } from '../../../src/main/engine/onnx/networks/builder.ts';
import type { RunTensor } from '../../../src/main/engine/onnx/ort.ts';
import { type CheckpointKind, integers, runWritten } from './checkpoint.ts';

export const text: CheckpointKind = {
  async output(golden, checkpoint, output) {
    if (output !== 'hidden' && output !== 'pooled') return 'an output of this name';
    const ids = integers(golden.input('input_ids'));
    const second = golden.optionalInput('input_ids_2');
    const first = checkpoint.write('text_encoder');
    if (!second)
      return (await runWritten(first, { input_ids: ids }, ['last_hidden_state'])).last_hidden_state!.data;
    const other = checkpoint.write('text_encoder_2');
    const feeds = { input_ids: integers(second) };
    if (output === 'pooled') return (await runWritten(other, feeds, ['text_embeds'])).text_embeds!.data;
    return sideBySide(await state(first, { input_ids: ids }), await state(other, feeds));
  },
};

async function state(network: WrittenNetwork, feeds: Parameters<typeof runWritten>[1]): Promise<RunTensor> {
  const name = penultimate(network);
  return (await runWritten(network, feeds, [name]))[name]!;
}

function penultimate({ model }: WrittenNetwork): string {
  return model.graph.outputs.filter(({ name }) => name.startsWith('hidden_states.')).at(-2)!.name;
}

function sideBySide(...parts: readonly RunTensor[]): number[] {
  const rows = parts[0]!.dims.slice(0, -1).reduce((product, dim) => product * dim, 1);
  return Array.from({ length: rows }, (_, row) =>
    parts.flatMap(({ data, dims }) => {
      const width = dims.at(-1)!;
      return [...data.subarray(row * width, (row + 1) * width)];
    }),
  ).flat();
}
