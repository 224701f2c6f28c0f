/** Token ids, hidden states and the pooled text of prompts. */
import { z } from 'zod';
import { runOne, withGraph } from './graph.ts';
import { concat, type Kind } from './kind.ts';

export const text: Kind = {
  sites: 'none',
  async output(golden, bundle, output) {
    const prompts = z.array(z.string()).parse(golden.settings.prompts);
    if (output === 'input_ids') return prompts.flatMap((prompt) => [...bundle.tokenize(prompt).ids[0]!]);
    if (output === 'last_hidden_state') {
      const side = bundle.nativeSize;
      const rows: Float32Array[] = [];
      for (const prompt of prompts)
        rows.push((await bundle.embed(prompt, { width: side, height: side })).hidden);
      return concat(rows);
    }
    if (!output.startsWith('pool')) return 'an output of this name';
    return withGraph(bundle.dir, 'text_encoder', async (session) => {
      const pooled = session.outputs.find(({ name }) => /pool|text_embeds/.test(name))?.name;
      if (!pooled) return 'a text encoder that pools';
      const rows: Float32Array[] = [];
      for (const prompt of prompts) {
        const ids = bundle.tokenize(prompt).ids[0]!;
        const dims = [1, ids.length];
        const feed =
          session.inputs[0]!.type === 'int32'
            ? ({ type: 'int32', data: ids, dims } as const)
            : ({ type: 'int64', data: BigInt64Array.from(ids, BigInt), dims } as const);
        rows.push((await runOne(session, feed, pooled)).data);
      }
      return concat(rows);
    });
  },
};
