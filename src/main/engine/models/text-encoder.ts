/** Prompts to the conditions of the network: one CLIP text encoder, or XL's two side by side. */
import type { Conditioning } from '../diffusion/types.ts';
import type { Session } from '../onnx/ort.ts';
import type { TextIo } from './io.ts';

export interface TextPart {
  readonly session: Session;
  readonly io: TextIo;
}

interface Encoded {
  readonly hidden: Float32Array;
  readonly dim: number;
  readonly pooled: Float32Array | undefined;
}

async function encode({ session, io }: TextPart, ids: Int32Array): Promise<Encoded> {
  const batch = io.batch ?? 1;
  const dims = [batch, ids.length];
  // As often as the graph was exported for; the first answer is taken.
  const all = Array.from({ length: batch * ids.length }, (_, i) => ids[i % ids.length]!);
  const feed =
    io.idsType === 'int32'
      ? ({ type: 'int32', data: Int32Array.from(all), dims } as const)
      : ({ type: 'int64', data: BigInt64Array.from(all, BigInt), dims } as const);
  const made = await session.run({ [io.ids]: feed }, io.pooled ? [io.hidden, io.pooled] : [io.hidden]);
  const first = (name: string) => made[name]!.data.slice(0, made[name]!.data.length / batch);
  const hidden = first(io.hidden);
  return { hidden, dim: hidden.length / ids.length, pooled: io.pooled ? first(io.pooled) : undefined };
}

/** (tokens, a) and (tokens, b) to (tokens, a + b). */
function sideBySide(parts: readonly Encoded[], tokens: number): { hidden: Float32Array; dim: number } {
  const dim = parts.reduce((sum, part) => sum + part.dim, 0);
  const hidden = new Float32Array(tokens * dim);
  let left = 0;
  for (const part of parts) {
    for (let t = 0; t < tokens; t++) {
      hidden.set(part.hidden.subarray(t * part.dim, (t + 1) * part.dim), t * dim + left);
    }
    left += part.dim;
  }
  return { hidden, dim };
}

/** @param ids one array per encoder, all of the same length */
export async function encodeText(
  parts: readonly TextPart[],
  ids: readonly Int32Array[],
): Promise<Conditioning> {
  const made: Encoded[] = [];
  for (const [i, part] of parts.entries()) made.push(await encode(part, ids[i]!));
  const tokens = ids[0]!.length;
  const { hidden, dim } = made.length === 1 ? made[0]! : sideBySide(made, tokens);
  return { hidden, tokens, dim, pooled: made.at(-1)!.pooled };
}

/** XL's micro-conditions (SDXL, section 2.2): original size, crop corner, target size, each as height, width. */
export function timeIds(size: { readonly width: number; readonly height: number }): Float32Array {
  return Float32Array.of(size.height, size.width, 0, 0, size.height, size.width);
}
