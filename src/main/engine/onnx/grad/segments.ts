/**
 * Reverse mode in the memory of one block (checkpointing: Griewank and Walther 2008, ch. 12): the graph is cut where few bytes are
 * alive; what is alive there is kept on the way forwards, and each segment is computed once more on the way back.
 */
import { type Graph, type Node, readNames } from '../ir/graph.ts';
import { tensorBytes } from '../ir/types.ts';
import { VIEWS } from '../shapes/footprint.ts';
import type { Known } from '../shapes/known.ts';
import type { Stretch } from './backward.ts';

/** Bytes alive on the way back, for each that a segment makes: its values, their cotangents, and what lies between. */
const BACK = 3;
/** How often the largest segment is halved in the search for the best. */
const HALVINGS = 12;

export interface Cut {
  readonly stretches: readonly Stretch[];
  /** Values alive at the cuts. Whoever has them can compute each segment by itself. */
  readonly kept: readonly string[];
  /** Bytes of them. */
  readonly bytes: number;
}

interface Made {
  readonly node: Node;
  /** Bytes that it makes, views apart. */
  readonly bytes: number;
  /** Bytes of what it makes and others read, by the place of the last reader. */
  readonly values: readonly { readonly name: string; readonly last: number; readonly bytes: number }[];
}

/**
 * @param graph of fixed shapes, its nodes in order
 * @param shapes of all its values
 * @param most bytes that a graph may make to be left whole
 */
export function cutWhereLittleIsAlive(graph: Graph, shapes: ReadonlyMap<string, Known>, most: number): Cut {
  const line = madeInOrder(graph, shapes);
  const total = line.reduce((sum, { bytes }) => sum + bytes, 0);
  const whole = [line.length - 1];
  let best = { ends: whole, cost: total <= most ? 0 : BACK * total };
  const fresh = total <= most ? null : newlyKept(line);
  for (let part = total / 2, halved = 0; fresh && halved < HALVINGS; part /= 2, halved++) {
    const ends = cheapest(line, fresh, part);
    const kept = ends.reduce((sum, end, i) => sum + fresh((ends[i - 1] ?? -1) + 1, end), 0);
    const cost = kept + BACK * largest(line, ends);
    if (cost < best.cost) best = { ends, cost };
  }
  return keptAt(graph, line, best.ends);
}

/** What depends on an input, in order; the rest is computed anew wherever it is read. */
function madeInOrder(graph: Graph, shapes: ReadonlyMap<string, Known>): Made[] {
  const moving = new Set(graph.inputs.map(({ name }) => name));
  const nodes = [...graph.nodes].filter((node) => {
    const moves = readNames(node).some((name) => moving.has(name));
    if (moves) for (const output of node.outputs) moving.add(output);
    return moves;
  });
  const last = new Map<string, number>();
  for (const [place, node] of nodes.entries()) for (const name of readNames(node)) last.set(name, place);
  for (const { name } of graph.outputs) last.set(name, nodes.length);
  const size = (name: string) => {
    const found = shapes.get(name);
    return (found && tensorBytes(found.type, found.dims)) ?? 0;
  };
  return nodes.map((node, place) => {
    const values = node.outputs
      .filter((name) => (last.get(name) ?? place) > place)
      .map((name) => ({ name, last: last.get(name)!, bytes: size(name) }));
    const bytes = VIEWS.has(node.op) ? 0 : node.outputs.reduce((sum, name) => sum + size(name), 0);
    return { node, bytes, values };
  });
}

/** Bytes that a segment makes and that are read after it. */
function newlyKept(line: readonly Made[]): (from: number, end: number) => number {
  const { length } = line;
  // [end][from]; nothing is kept behind the last.
  const table = line.map((_, end) => {
    const sums = new Float64Array(end + 1);
    let sum = 0;
    for (let place = end; place >= 0; place--) {
      for (const { last, bytes } of line[place]!.values) if (last > end && last < length) sum += bytes;
      sums[place] = sum;
    }
    return sums;
  });
  return (from, end) => (end === length - 1 ? 0 : table[end]![from]!);
}

/** Ends of segments of which none makes more than that, unless it is one operator, such that the least is kept. */
function cheapest(
  line: readonly Made[],
  fresh: (from: number, end: number) => number,
  part: number,
): number[] {
  const cost = new Float64Array(line.length + 1);
  const begins = new Int32Array(line.length + 1);
  for (let end = 0; end < line.length; end++) {
    let [made, least] = [0, Number.POSITIVE_INFINITY];
    for (let from = end; from >= 0; from--) {
      made += line[from]!.bytes;
      if (made > part && from < end) break;
      const all = cost[from]! + fresh(from, end);
      // Of equal ones the longest: fewer calls.
      if (all <= least) [least, begins[end + 1]] = [all, from];
    }
    cost[end + 1] = least;
  }
  const ends: number[] = [];
  for (let end = line.length; end > 0; end = begins[end]!) ends.unshift(end - 1);
  return ends;
}

function largest(line: readonly Made[], ends: readonly number[]): number {
  const sums = ends.map((end, i) =>
    line.slice((ends[i - 1] ?? -1) + 1, end + 1).reduce((sum, { bytes }) => sum + bytes, 0),
  );
  return Math.max(...sums);
}

function keptAt(graph: Graph, line: readonly Made[], ends: readonly number[]): Cut {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const parts = ends.map((end, i) => line.slice((ends[i - 1] ?? -1) + 1, end + 1));
  const kept = parts.flatMap((part, i) =>
    part.flatMap(({ values }) => values.filter(({ name, last }) => last > ends[i]! && !outputs.has(name))),
  );
  const names = new Set(kept.map(({ name }) => name));
  const stretches = parts.map((part): Stretch => {
    const own = new Set(part.flatMap(({ node }) => node.outputs));
    const read = new Set(part.flatMap(({ node }) => node.inputs));
    return {
      nodes: part.map(({ node }) => node),
      given: [...read].filter((name) => names.has(name) && !own.has(name)),
    };
  });
  return { stretches, kept: [...names], bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0) };
}
