/** Which rows of what a stage reads its bands need, and where what it makes of them lies. */
import type { Node } from '../ir/graph.ts';
import { type RowRule, type Rows, together, within } from './rows.ts';
import { greatest, NotInBands, type Scale, type Values } from './values.ts';

export class StageRows {
  /** Operators in order, with what of their inputs are rows. */
  readonly #steps: readonly {
    readonly node: Node;
    readonly reads: readonly string[];
    readonly rule: RowRule | null;
  }[];
  readonly #scales = new Map<string, Scale>();
  readonly #reads: ReadonlySet<string>;
  /** The lowest of the pictures that are read; bands are counted in its rows. */
  readonly base: string;
  /** Bands begin at multiples of this many of them. */
  readonly unit: number;

  constructor(
    values: Values,
    of: {
      readonly nodes: readonly Node[];
      readonly reads: readonly string[];
      readonly makes: readonly string[];
    },
  ) {
    this.#reads = new Set(of.reads);
    const isRows = (name: string) => values.of.get(name)?.kind === 'rows';
    const scaleIn = (name: string): Scale => {
      const value = values.of.get(name);
      if (value?.kind !== 'rows') throw new NotInBands(`${name} is no picture`);
      return value.scale;
    };
    const size = (name: string) => scaleIn(name).up / scaleIn(name).down;
    this.base = of.reads.reduce((least, name) => (size(name) < size(least) ? name : least));
    const { up, down } = scaleIn(this.base);
    let unit = 1;
    const note = (name: string) => {
      const own = scaleIn(name);
      const [over, under] = [own.up * down, own.down * up];
      const common = greatest(over, under);
      const scale = { up: over / common, down: under / common };
      this.#scales.set(name, scale);
      unit = (unit * scale.down) / greatest(unit, scale.down);
    };
    for (const name of of.reads) note(name);
    this.#steps = of.nodes
      .filter(({ outputs }) => isRows(outputs[0]!))
      .map((node) => {
        for (const output of node.outputs) note(output);
        const whole = values.wholes.get(node) ?? [];
        const reads = node.inputs.filter((name, at) => isRows(name) && !whole.includes(at));
        return { node, reads, rule: values.rules.get(node) ?? null };
      });
    this.unit = unit;
  }

  /** Row of a value where it begins when the base begins at this multiple of the unit. */
  startOf(value: string, start: number): number {
    const { up, down } = this.#scales.get(value)!;
    return (start * up) / down;
  }

  /** Rows of a value for each of the base. */
  scaleOf(value: string): number {
    const { up, down } = this.#scales.get(value)!;
    return up / down;
  }

  /** Heights of all values. @param reads of the pictures that are read */
  heights(reads: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const heights = new Map<string, number>(reads);
    for (const {
      node,
      reads: [first],
      rule,
    } of this.#steps) {
      const of = heights.get(first!)!;
      for (const output of node.outputs) heights.set(output, rule ? rule.height(of) : of);
    }
    return heights;
  }

  /** Rows of every picture that must be read to make these; all begin where the base does, at a multiple of the unit. */
  readsFor(
    makes: ReadonlyMap<string, Rows>,
    heights: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, Rows> {
    const wanted = new Map(makes);
    for (const { node, reads, rule } of [...this.#steps].reverse()) {
      for (const output of node.outputs) {
        const rows = wanted.get(output);
        if (!rows) continue;
        for (const name of reads) {
          const needs = within(rule ? rule.reads(rows) : rows, heights.get(name)!);
          wanted.set(name, together(wanted.get(name), needs));
        }
      }
    }
    const read = [...this.#reads].flatMap((name) => {
      const rows = wanted.get(name);
      const scale = this.scaleOf(name);
      return rows ? [{ start: Math.floor(rows.start / scale), end: Math.ceil(rows.end / scale) }] : [];
    });
    const { start: from, end } = read.reduce(together);
    const start = from - (from % this.unit);
    const last = end >= heights.get(this.base)!;
    return new Map(
      [...this.#reads].map((name) => {
        const height = heights.get(name)!;
        const to = last ? height : end * this.scaleOf(name);
        return [name, within({ start: this.startOf(name, start), end: to }, height)];
      }),
    );
  }
}
