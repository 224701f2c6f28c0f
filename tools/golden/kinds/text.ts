/** Token ids, hidden states and the pooled text of prompts. */
import { z } from 'zod';
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { Feed, Session } from '../../../src/main/engine/onnx/ort.ts';
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
      for (const prompt of prompts) {
        const { cut } = bundle.tokenize(prompt);
        // The numbers are of prompts cut to one text of the encoder; Retake reads the rest too, in further ones.
        if (cut !== null) rows.push(await encodedOnce(bundle, prompt));
        else rows.push((await bundle.embed(prompt, { width: side, height: side })).hidden);
      }
      return concat(rows);
    }
    if (!output.startsWith('pool')) return 'an output of this name';
    return withGraph(bundle.dir, 'text_encoder', async (session) => {
      const pooled = session.outputs.find(({ name }) => /pool|text_embeds/.test(name))?.name;
      if (!pooled) return 'a text encoder that pools';
      const rows: Float32Array[] = [];
      for (const prompt of prompts)
        rows.push((await runOne(session, idsFeed(session, bundle, prompt), pooled)).data);
      return concat(rows);
    });
  },
};

function idsFeed(session: Session, bundle: Bundle, prompt: string): Feed {
  const ids = bundle.tokenize(prompt).ids[0]!;
  const dims = [1, ids.length];
  return session.inputs[0]!.type === 'int32'
    ? { type: 'int32', data: ids, dims }
    : { type: 'int64', data: BigInt64Array.from(ids, BigInt), dims };
}

function encodedOnce(bundle: Bundle, prompt: string): Promise<Float32Array> {
  return withGraph(bundle.dir, 'text_encoder', async (session) => {
    const { data } = await runOne(session, idsFeed(session, bundle, prompt), 'last_hidden_state');
    return data;
  });
}
