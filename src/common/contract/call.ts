/** How a call is declared: what is asked is checked by a schema at the engine's door, the answer is a type. */
import type { z } from 'zod';

export interface CallSpec<Input extends z.ZodType = z.ZodType, Output = unknown> {
  readonly input: Input;
  /** What the engine is asked to do, as a phrase; begins the line of a refusal. */
  readonly doing: string;
  /** A type only: those who ask the engine trust it. */
  readonly answer: Output;
}

/** Name of a call → how it is declared. */
export type Contract = Readonly<Record<string, CallSpec>>;

export function call<Input extends z.ZodType>(input: Input, doing: string) {
  return {
    answers: <Output>(): CallSpec<Input, Output> => ({ input, doing, answer: undefined as Output }),
  };
}

/** What callers write and get. */
export type CallsOf<C extends Contract> = {
  [Name in keyof C]: { input: z.input<C[Name]['input']>; output: C[Name]['answer'] };
};
