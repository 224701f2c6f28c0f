/**
 * Two pictures and the motion between them: `a.png`, `b.png`, the true `flow.npy` (and `occluded.npy`, 1 where b hides what a
 * shows), `dis.npy` by OpenCV's dense inverse search. Of real clips nobody knows the truth, so theirs stands for it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../src/common/errors.ts';
import { consistency } from '../../../src/main/engine/flow/consistency.ts';
import { disFlow } from '../../../src/main/engine/flow/dis.ts';
import type { Flow } from '../../../src/main/engine/flow/flow.ts';
import { readPicture } from '../../benchmark/pictures.ts';
import type { Row } from '../compare.ts';
import { readNpy } from '../npy.ts';

/** Known by what it says of its arrays; other manifests name their outputs. */
export const flowManifest = z.object({
  case: z.string(),
  convention: z.string().startsWith('flow'),
  /** Mean end-point error of OpenCV's over what is visible, in pixels. */
  dis: z.object({ epe: z.number() }).optional(),
});

/** Pixels by which the mean end-point error may be above OpenCV's. */
const TOLERANCE = 0.3;

/** One row for the motion, one for what is hidden where that is known; the latter is told and not judged. */
export async function runFlow(dir: string, manifest: z.infer<typeof flowManifest>): Promise<Row[]> {
  const kept = (name: string) => (existsSync(join(dir, name)) ? readNpy(join(dir, name)) : null);
  const [truth, dis, occluded] = [kept('flow.npy'), kept('dis.npy'), kept('occluded.npy')?.data ?? null];
  const want = truth ?? dis;
  if (!want)
    throw new AppError('usage', 'there is neither flow.npy nor dis.npy', { doing: `reading ${dir}` });
  const [, height, width] = want.shape as [number, number, number];
  const [a, b] = [await readPicture(join(dir, 'a.png')), await readPicture(join(dir, 'b.png'))];
  const flow = disFlow(a, b, width, height);
  const error = endPointError(flow, want.data, occluded, flow);
  const known = manifest.dis?.epe ?? (truth && dis ? endPointError(dis, want.data, occluded, flow) : null);
  const theirs = truth ? known : null;
  const note = truth
    ? `end-point error ${error.toFixed(3)} px, OpenCV's ${theirs?.toFixed(3) ?? 'unknown'}`
    : `${error.toFixed(3)} px from OpenCV's`;
  const good = error <= (theirs ?? 0) + TOLERANCE && flow.data.every(Number.isFinite);
  const row: Row = {
    ...{ case: manifest.case, output: 'flow', status: good ? 'pass' : 'fail' },
    ...{ tolerance: TOLERANCE, note },
  };
  if (!truth || !occluded) return [row];
  const { hidden } = consistency(flow, disFlow(b, a, width, height));
  const f1 = agreement(hidden, truth.data, occluded, width, height);
  return [row, { case: manifest.case, output: 'hidden', status: 'pass', note: `F1 ${f1.toFixed(3)}` }];
}

/** Whether the motion ends within the second picture. */
function staysInside(flow: ArrayLike<number>, i: number, width: number, height: number): boolean {
  const x = (i % width) + flow[i]!;
  const y = Math.floor(i / width) + flow[width * height + i]!;
  return x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1;
}

/** Mean distance in pixels over what both pictures show; NaN where a flow is not finite. */
function endPointError(
  { data }: { readonly data: ArrayLike<number> },
  want: ArrayLike<number>,
  occluded: ArrayLike<number> | null,
  { width, height }: Pick<Flow, 'width' | 'height'>,
): number {
  const size = width * height;
  let [sum, count] = [0, 0];
  for (let i = 0; i < size; i++) {
    if (occluded?.[i] || !staysInside(want, i, width, height)) continue;
    sum += Math.hypot(data[i]! - want[i]!, data[size + i]! - want[size + i]!);
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** F1 of what is found hidden, against what is, over places that stay in the picture. */
function agreement(
  hidden: Float32Array,
  truth: ArrayLike<number>,
  occluded: ArrayLike<number>,
  width: number,
  height: number,
): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < hidden.length; i++) {
    if (!staysInside(truth, i, width, height)) continue;
    const [found, is] = [hidden[i]! > 0, occluded[i]! > 0];
    if (found && is) both++;
    either += Number(found) + Number(is);
  }
  return either === 0 ? 1 : (2 * both) / either;
}
