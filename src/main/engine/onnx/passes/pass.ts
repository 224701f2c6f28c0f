/**
 * A rewrite of a graph says what it counts on and what it promises, and the runner holds it to its word: a graph that was
 * prepared wrongly is named here, with the pass to blame, not by numbers that are off.
 */
import { AppError } from '../../../../common/errors.ts';
import { type Graph, type Model, readNames } from '../ir/graph.ts';
import { isSorted } from '../ir/sort.ts';
import type { Dim } from '../ir/types.ts';

export interface Pass<Options = void, Outcome = unknown> {
  /** The name of its file. */
  readonly id: string;
  /** What the pass counts on and the graph lacks, in words; null where nothing is. @throws AppError in words of its own */
  requires(model: Model, options: Options, doing: string): string | null;
  /** Changes the graph in place. @throws AppError for graphs it cannot rewrite */
  run(model: Model, options: Options, doing: string): Outcome;
  /** What of the promise does not hold, in words, or null. Asked after the pass, and again after every later one. */
  ensures(model: Model, made: Made<Options, Outcome>): string | null;
}

interface Made<Options, Outcome> {
  readonly options: Options;
  readonly outcome: Outcome;
  /** The graph as the pass found it. */
  readonly before: Before;
}

export interface Before {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

interface Value {
  readonly name: string;
  readonly type: number | null;
  readonly dims: readonly Dim[] | null;
}

/** A pass with its options: an entry of a list. */
export interface Step {
  readonly pass: Pass<never, unknown>;
  requires(model: Model, doing: string): string | null;
  /** Runs it and returns its outcome and what asks for its promise. */
  run(model: Model, doing: string): { readonly outcome: unknown; ensures(): string | null };
}

export function step<Options, Outcome>(
  pass: Pass<Options, Outcome>,
  ...[given]: Options extends void ? [] : [options: Options]
): Step {
  const options = given as Options;
  return {
    pass,
    requires: (model, doing) => pass.requires(model, options, doing),
    run(model, doing) {
      const { inputs, outputs } = model.graph;
      const before = { inputs: inputs.map(copied), outputs: outputs.map(copied) };
      const outcome = pass.run(model, options, doing);
      return { outcome, ensures: () => pass.ensures(model, { options, outcome, before }) };
    },
  };
}

function copied({ name, type, dims }: Value): Value {
  return { name, type, dims };
}

/** What the passes of a list gave back. */
export interface Outcomes {
  /** Null where the pass was not in the list. */
  of<Outcome>(pass: Pass<never, Outcome>): Outcome | null;
}

/**
 * Applies the passes in their order.
 * @param label the network as messages call it: "the UNet of tiny-sd"
 * @throws AppError bundle-invalid naming the pass whose requirement is missing, or the one that broke a promise, its own or
 * an earlier one's; whatever a pass refuses in its own words
 */
export function applyPasses(model: Model, steps: readonly Step[], label: string): Outcomes {
  const doing = `preparing ${label}`;
  const unmade = new Set(unmadeValues(model.graph));
  const outcomes = new Map<unknown, unknown>();
  const promises: { readonly id: string; ensures(): string | null }[] = [];
  for (const { pass, requires, run } of steps) {
    const lacking = requires(model, doing);
    if (lacking !== null) throw broken(doing, `the pass ${pass.id} cannot be applied: ${lacking}`);
    const { outcome, ensures } = run(model, doing);
    outcomes.set(pass, outcome);
    promises.push({ id: pass.id, ensures });
    for (const promise of promises) {
      const wrong = promise.ensures();
      if (wrong === null) continue;
      const whose = promise.id === pass.id ? 'its promise' : `the promise of ${promise.id}`;
      throw broken(doing, `the pass ${pass.id} broke ${whose}: ${wrong}`);
    }
    const unsound = unsoundness(model.graph, unmade);
    if (unsound !== null)
      throw broken(doing, `the pass ${pass.id} left a graph that does not run: ${unsound}`);
  }
  return { of: <Outcome>(pass: Pass<never, Outcome>) => (outcomes.get(pass) as Outcome | undefined) ?? null };
}

function broken(doing: string, message: string): AppError {
  return new AppError('bundle-invalid', message, {
    doing,
    hint: 'This is a fault of Retake: report it with the name of the model, and use another one.',
  });
}

/** Values that are read or given out and come from nowhere. */
function unmadeValues(graph: Graph): string[] {
  const given = new Set(graph.inputs.map(({ name }) => name));
  const isMade = (name: string) =>
    name === '' || graph.producer(name) !== undefined || graph.initializers.has(name) || given.has(name);
  const read = Array.from(graph.nodes, readNames).flat();
  return [...read, ...graph.outputs.map(({ name }) => name)].filter((name) => !isMade(name));
}

/** @param known values that came from nowhere before any pass: an exporter's affair */
function unsoundness(graph: Graph, known: ReadonlySet<string>): string | null {
  const unmade = unmadeValues(graph).find((name) => !known.has(name));
  if (unmade !== undefined) return `nothing makes ${unmade}`;
  return isSorted(graph) ? null : 'its nodes are not in the order in which they run';
}

/** Whether the graph still takes and gives all it did, in that order; what is new may stand anywhere. The first that is missing, or null. */
export function lostValue({ graph }: Model, before: Before): string | null {
  const lost = (now: readonly Value[], then: readonly Value[]) => {
    const names = now.map(({ name }) => name);
    let at = 0;
    for (const { name } of then) {
      at = names.indexOf(name, at) + 1;
      if (at === 0) return name;
    }
    return null;
  };
  return lost(graph.inputs, before.inputs) ?? lost(graph.outputs, before.outputs);
}
