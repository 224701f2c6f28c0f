/** Input buffers that live as long as a session: the runtime reads them in place, so a call allocates nothing. */
export class Buffers {
  readonly #held = new Map<string, Float32Array>();

  /** A view of exactly `length` elements with whatever was left in it; valid until the next call of the same name. */
  float(name: string, length: number): Float32Array {
    let held = this.#held.get(name);
    if (held === undefined || held.length < length) {
      held = new Float32Array(length);
      this.#held.set(name, held);
    }
    return held.length === length ? held : held.subarray(0, length);
  }
}
