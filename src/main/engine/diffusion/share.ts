/** A share of the steps. */
export interface Share {
  /** 0..1, of the steps of a run. */
  readonly from: number;
  readonly to: number;
}

/** Whether a step (0-based) of so many lies in it as a whole, as diffusers counts what guides a part of the steps. */
export function isWithin({ from, to }: Share, step: number, steps: number): boolean {
  return step / steps >= from && (step + 1) / steps <= to;
}
