/**
 * Adam (Kingma & Ba 2015, Alg. 1) and, with a decay, AdamW (Loshchilov & Hutter 2019, Alg. 2), in the order in which torch computes
 * them: float32 arrays, coefficients in double precision.
 */
import { assert } from '../../../common/errors.ts';

export interface AdamOptions {
  /** Of the running means of the gradient and of its square; 0.9 and 0.999 unless said. */
  readonly betas?: readonly [number, number];
  /** Beside the root of the second; 1e-8 unless said. */
  readonly epsilon?: number;
  /** Decoupled: the share of itself, times the rate, that a parameter loses each step; 0 unless said. */
  readonly decay?: number;
}

/** All that a step remembers, as numbers that can be written down. */
export interface AdamState {
  /** Steps that were taken. */
  readonly steps: number;
  /** Per parameter, as long as it is. */
  readonly means: readonly Float32Array[];
  readonly squares: readonly Float32Array[];
}

export class Adam {
  readonly #parameters: readonly Float32Array[];
  readonly #options: Required<AdamOptions>;
  readonly #means: readonly Float32Array[];
  readonly #squares: readonly Float32Array[];
  #steps: number;

  /**
   * @param parameters changed in place by every step
   * @param state of an optimiser of the same parameters, to go on to the same bits; copied
   */
  constructor(
    parameters: readonly Float32Array[],
    { betas = [0.9, 0.999], epsilon = 1e-8, decay = 0 }: AdamOptions = {},
    state?: AdamState,
  ) {
    const taken = (kept: readonly Float32Array[] | undefined) =>
      parameters.map((parameter, i) => kept?.[i]?.slice() ?? new Float32Array(parameter.length));
    this.#parameters = parameters;
    this.#options = { betas, epsilon, decay };
    this.#means = taken(state?.means);
    this.#squares = taken(state?.squares);
    this.#steps = state?.steps ?? 0;
    const fits = ({ length }: Float32Array, i: number) => length === parameters[i]!.length;
    assert(this.#means.every(fits) && this.#squares.every(fits), 'a state is of the same parameters');
  }

  /** A copy, which later steps leave as it is. */
  get state(): AdamState {
    return {
      steps: this.#steps,
      means: this.#means.map((mean) => mean.slice()),
      squares: this.#squares.map((square) => square.slice()),
    };
  }

  /** @param gradients of each parameter, in order; @param rate of this step */
  step(gradients: readonly Float32Array[], rate: number): void {
    const { betas, epsilon, decay } = this.#options;
    const [first, second] = betas;
    this.#steps += 1;
    const size = rate / (1 - first ** this.#steps);
    const root = Math.sqrt(1 - second ** this.#steps);
    for (const [p, parameter] of this.#parameters.entries()) {
      const [gradient, mean, square] = [gradients[p], this.#means[p]!, this.#squares[p]!];
      assert(gradient?.length === parameter.length, 'every parameter has a gradient of its length');
      for (let i = 0; i < parameter.length; i++) {
        const g = gradient[i]!;
        mean[i] = first * mean[i]! + (1 - first) * g;
        square[i] = second * square[i]! + (1 - second) * g * g;
        const kept = (1 - rate * decay) * parameter[i]!;
        parameter[i] = kept - (size * mean[i]!) / (Math.sqrt(square[i]!) / root + epsilon);
      }
    }
  }
}
