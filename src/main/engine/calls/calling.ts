/** How calls wait, tell and give up. */

/** Aborts with the first of two. */
export function either(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other ? AbortSignal.any([one, other]) : one;
}

/** Waits, and answers what the contract has for nothing. */
export async function done(work: unknown): Promise<null> {
  await work;
  return null;
}

const TELL_EVERY_MS = 100;

/** The same, but ten times a second at most, and whatever must not be missed. */
export function seldom<Told>(tell: (told: Told) => void, isDue: (told: Told) => boolean = () => false) {
  let told = Date.now();
  return (what: Told): void => {
    if (Date.now() - told < TELL_EVERY_MS && !isDue(what)) return;
    told = Date.now();
    tell(what);
  };
}
