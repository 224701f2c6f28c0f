/** All solvers. A new one is one file, and its import and name here. */
import { ddim } from './ddim.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { euler } from './euler.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import { heun } from './heun.ts';
import { lcm } from './lcm.ts';
import type { Solver } from './solver.ts';

export const solvers: readonly Solver[] = [
  // The first is the default of methods that name none.
  ddim,
  euler,
  dpmpp2m,
  eulerAncestral,
  heun,
  lcm,
];

/** The solver a name stands for, or null. */
export function solverNamed(name: string): Solver | null {
  return solvers.find(({ id, aliases }) => id === name || aliases.includes(name)) ?? null;
}
