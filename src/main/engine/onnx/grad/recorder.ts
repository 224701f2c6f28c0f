/** Networks that can be followed backwards: reverse-mode differentiation of graphs (Griewank and Walther 2008, ch. 3). */
import type { Feed, RunTensor } from '../ort.ts';

/** A call, and how what it gave depends on what it was given. */
export interface Recorded {
  readonly outputs: Readonly<Record<string, RunTensor>>;
  /**
   * Vector-Jacobian products: Σ over outputs of cotangent · ∂output/∂input. May be asked more than once.
   * @param cotangents by output, as large as it; outputs that are not named count nothing
   * @param by inputs, by name, of those that were recorded for
   * @throws AppError not-finite naming the input and the operator where a number broke down
   */
  pull(
    cotangents: Readonly<Record<string, Float32Array>>,
    by: readonly string[],
  ): Promise<Record<string, RunTensor>>;
}

export interface Recorder {
  /**
   * @param by inputs that may be differentiated by afterwards
   * @throws AppError bundle-invalid naming an operator and its node that cannot be differentiated; as Session.run
   */
  record(
    feeds: Readonly<Record<string, Feed>>,
    fetches: readonly string[],
    by: readonly string[],
  ): Promise<Recorded>;
}
