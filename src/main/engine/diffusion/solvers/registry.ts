/** All solvers. A new one is one file and one line here. */
import { ddim } from './ddim.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { euler } from './euler.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import type { Solver } from './solver.ts';

export const solvers: readonly Solver[] = [ddim, euler, dpmpp2m, eulerAncestral];

/** The solver a name stands for, or null. */
export function solverNamed(name: string): Solver | null {
  return solvers.find(({ id, aliases }) => id === name || aliases.includes(name)) ?? null;
}
