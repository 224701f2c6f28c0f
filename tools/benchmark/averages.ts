/** Means over the runs of a variant, and differences of two variants on the same shots. */
import type { Run } from './runs.ts';
import { mean } from './scores.ts';

/** A number of a run; null where it has none. */
export type Quantity = (run: Run) => number | null;

/** Whether a pair is of the middle frame and a neighbour: there the ways of anchors at both ends meet. */
const touchesMiddle = ({ frames }: Run, pair: number): boolean => {
  const middle = Math.floor((frames - 1) / 2);
  return pair === middle || pair === middle - 1;
};
const atMiddle = (run: Run) => mean(run.scores.pixelMseOfPairs.filter((_, i) => touchesMiddle(run, i)));
const besidesMiddle = (run: Run) => mean(run.scores.pixelMseOfPairs.filter((_, i) => !touchesMiddle(run, i)));

export const QUANTITIES = {
  psnr: ({ scores }: Run) => scores.psnr.whole,
  psnrObject: ({ scores }: Run) => scores.psnr.object,
  psnrBackground: ({ scores }: Run) => scores.psnr.background,
  ssim: ({ scores }: Run) => scores.ssim.whole,
  ssimObject: ({ scores }: Run) => scores.ssim.object,
  ssimBackground: ({ scores }: Run) => scores.ssim.background,
  pixelMse: ({ scores }: Run) => scores.pixelMse,
  consecutiveSsim: ({ scores }: Run) => scores.consecutiveSsim,
  imageText: ({ scores }: Run) => scores.imageText?.prompt ?? null,
  frameAccuracy: ({ scores }: Run) => scores.imageText?.frameAccuracy ?? null,
  consecutiveImage: ({ scores }: Run) => scores.imageText?.consecutive ?? null,
  edited: ({ scores }: Run) => scores.judged?.edited ?? null,
  kept: ({ scores }: Run) => scores.judged?.kept ?? null,
  seconds: ({ cost }: Run) => cost?.seconds ?? null,
  calls: ({ cost }: Run) => cost?.calls ?? null,
  inversionCalls: ({ cost }: Run) => cost?.inversionCalls ?? null,
  pixelMseMiddle: atMiddle,
  pixelMseRest: besidesMiddle,
  pixelMseWorst: ({ scores }: Run) => Math.max(...scores.pixelMseOfPairs.map((mse) => mse ?? 0)),
  seam: (run: Run) => {
    const [at, rest] = [atMiddle(run), besidesMiddle(run)];
    return at === null || rest === null ? null : at - rest;
  },
  secondsPerFrame: ({ cost, frames }: Run) => cost && cost.seconds / frames,
  callsPerFrame: ({ cost, frames }: Run) => cost && cost.calls / frames,
  inversionCallsPerFrame: ({ cost, frames }: Run) => cost && cost.inversionCalls / frames,
} as const satisfies Record<string, Quantity>;

export type QuantityName = keyof typeof QUANTITIES;

const place = ({ shot, kind }: Run) => `${shot} ${kind}`;

/** The runs of these variants on the shots and edits that every one of them has, so that their means compare. */
export function paired(runs: readonly Run[], variants: readonly string[]): Map<string, Run[]> {
  const byVariant = new Map(
    variants.map((id) => [id, runs.filter(({ variant }) => variant === id)] as const),
  );
  const places = [...byVariant.values()].map((list) => new Set(list.map(place)));
  const everywhere = (run: Run) => places.every((set) => set.has(place(run)));
  return new Map([...byVariant].map(([id, list]) => [id, list.filter(everywhere)]));
}

export type Means = Readonly<Record<QuantityName, number | null>>;

export function meansOf(runs: readonly Run[]): Means {
  const entries = Object.entries(QUANTITIES).map(([name, of]) => [name, mean(runs.map(of))]);
  return Object.fromEntries(entries) as Means;
}

export interface Difference {
  /** Mean of a - b over the places both have. */
  readonly mean: number;
  /** Standard error of that mean. */
  readonly error: number;
  readonly count: number;
}

/** Null where fewer than two places have both. */
export function difference(
  runs: readonly Run[],
  a: string,
  b: string,
  quantity: QuantityName,
): Difference | null {
  const of = QUANTITIES[quantity];
  const both = paired(runs, [a, b]);
  const other = new Map(both.get(b)!.map((run) => [place(run), of(run)]));
  const values = both
    .get(a)!
    .map((run) => [of(run), other.get(place(run)) ?? null] as const)
    .filter((pair): pair is readonly [number, number] => pair[0] !== null && pair[1] !== null)
    .map(([x, y]) => x - y);
  if (values.length < 2) return null;
  const middle = mean(values)!;
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  return { mean: middle, error: Math.sqrt(variance / values.length), count: values.length };
}
