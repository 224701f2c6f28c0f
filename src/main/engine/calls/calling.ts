/** How calls wait, tell and give up. */
import { Cancelled } from '../../../common/errors.ts';

/** Aborts with the first of two. */
export function either(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other ? AbortSignal.any([one, other]) : one;
}

/** For work that others may wait for as well, and that is kept: who gives up stops waiting, the work goes on. */
export function whileWanted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Cancelled()), { once: true });
    work.then(resolve, reject);
  });
}

/** Waits, and answers what the contract has for nothing. */
export async function done(work: unknown): Promise<null> {
  await work;
  return null;
}

const TELL_EVERY_MS = 100;

/** The same, but ten times a second at most. */
export function seldom(tell: (fraction: number) => void): (fraction: number) => void {
  let told = Date.now();
  return (fraction) => {
    if (Date.now() - told < TELL_EVERY_MS) return;
    told = Date.now();
    tell(fraction);
  };
}
