/** The independently trained classifier of tools/world (judge.py), asked which attributes a picture shows. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { ATTRIBUTES, type Attribute, type Look } from './heldout.ts';

export interface Verdict {
  readonly look: Look;
}

export interface Judge {
  readonly digest: string;
  /** @param picture RGB8 of side·side·3 */
  judge(picture: Uint8Array, side: number): Promise<Verdict>;
  close(): Promise<void>;
}

/** Null where there is no such file: then nothing is said about attributes. @param file judge.onnx, judge.json beside it */
export async function openJudge(file: string): Promise<Judge | null> {
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  const labels = z
    .record(z.enum(ATTRIBUTES), z.array(z.string()))
    .parse(JSON.parse(readFileSync(file.replace(/\.onnx$/, '.json'), 'utf8')));
  const session = await createSession(bytes, { provider: 'cpu', label: 'the judge', threads: 1 });
  return {
    digest: createHash('sha256').update(bytes).digest('hex'),
    async judge(picture, side) {
      const plane = side * side;
      const data = new Float32Array(3 * plane);
      for (let i = 0; i < plane; i++)
        for (let c = 0; c < 3; c++) data[c * plane + i] = picture[3 * i + c]! / 127.5 - 1;
      const pictures = { type: 'float32', data, dims: [1, 3, side, side] } as const;
      const made = await session.run({ pictures }, ATTRIBUTES);
      const best = (name: Attribute): string => {
        const logits = made[name]!.data;
        return labels[name][logits.indexOf(Math.max(...logits))]!;
      };
      const look = Object.fromEntries(ATTRIBUTES.map((name) => [name, best(name)])) as Record<
        Attribute,
        string
      >;
      return { look };
    },
    close: () => session.release(),
  };
}
