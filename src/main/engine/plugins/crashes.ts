/** Counts how often plugins ended badly of late. */

/** So many in so long, and a plugin is switched off. */
const MOST = 3;
const WITHIN_MS = 10 * 60_000;

export class Crashes {
  readonly #times = new Map<string, number[]>();

  /** @param now in milliseconds, of a clock that only goes on @returns whether that was one too many; then it begins anew */
  note(plugin: string, now: number): boolean {
    const recent = (this.#times.get(plugin) ?? []).filter((time) => now - time < WITHIN_MS);
    recent.push(now);
    const tooMany = recent.length >= MOST;
    if (tooMany) this.#times.delete(plugin);
    else this.#times.set(plugin, recent);
    return tooMany;
  }
}
