import type { Engine } from '../engine.ts';

/** What commands of the farm are given. */
export interface FarmTerminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}
