/** The outermost layers of a UNet as a graph of their own, which is given what the depth made (DeepCache, Ma, Fang, Wang 2024). */
import { attr, type Graph, type Node, readNames } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT } from '../ir/types.ts';
import { DEEP_FEATURES, type DeepFeaturesAt } from './deep-features.ts';
import type { Pass } from './pass.ts';
import { removeUnread } from './prune.ts';

/** Input, float32, as the output of the whole network. */
export const DEEP_GIVEN = 'deep_given';

export interface ShallowOptions {
  readonly deep: DeepFeaturesAt;
  /** The output that stays. */
  readonly output: string;
  /** Self-attentions whose tokens go in and out: those of the layers that stay do. */
  readonly lent: readonly { readonly bank: string; readonly feature: string }[];
}

/** Names of the inputs that are left. */
export type ShallowInputs = ReadonlySet<string>;

/**
 * Cut from a graph that went through all its passes: their promises do not hold any more, so it stands in a list by itself.
 *
 * Requires: deep-features. Ensures: nothing that made the depth is left, every input is read, and with what the whole network gave
 * out in the same call the output is the same numbers.
 */
export const shallowPart: Pass<ShallowOptions, ShallowInputs> = {
  id: 'shallow-part',
  requires: ({ graph }, { deep }) =>
    graph.producer(deep.value) ? null : `nothing makes ${deep.value} (deep-features comes first)`,
  run({ graph }, { deep, output, lent }) {
    const [given] = graph.outputs.filter(({ name }) => name === DEEP_FEATURES);
    graph.inputs.push({ name: DEEP_GIVEN, type: ELEMENT.float32, dims: given?.dims ?? null });
    const half = deep.type !== ELEMENT.float32;
    graph.replaceUses(
      deep.value,
      half ? graph.addNode('Cast', [DEEP_GIVEN], { to: attr.int(deep.type) }) : DEEP_GIVEN,
    );
    const needed = neededFor(graph, output);
    const stays = new Set([
      output,
      ...lent
        .filter(({ bank }) => graph.consumers(bank).some((node) => needed.has(node)))
        .map(({ feature }) => feature),
    ]);
    keep(graph.outputs, ({ name }) => stays.has(name));
    removeUnread(graph);
    keep(graph.inputs, ({ name }) => graph.consumers(name).length > 0);
    sortNodes(graph);
    return new Set(graph.inputs.map(({ name }) => name));
  },
  ensures({ graph }, { options: { deep, output } }) {
    if (graph.producer(deep.value)) return `${deep.value} is made still`;
    if (!graph.outputs.some(({ name }) => name === output)) return `${output} is gone`;
    const unread = graph.inputs.find(({ name }) => graph.consumers(name).length === 0);
    return unread ? `nobody reads ${unread.name}` : null;
  },
};

/** Nodes that a value depends on. */
function neededFor(graph: Graph, value: string): ReadonlySet<Node> {
  const start = graph.producer(value);
  const needed = new Set(start ? [start] : []);
  for (const node of needed) {
    for (const name of readNames(node)) {
      const before = graph.producer(name);
      if (before) needed.add(before);
    }
  }
  return needed;
}

function keep<T>(list: T[], wanted: (one: T) => boolean): void {
  list.splice(0, list.length, ...list.filter(wanted));
}
