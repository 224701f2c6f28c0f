/** Runs a picture network in tiles, bands of rows that reach over the picture's width, to the same result as the whole. */
import { assert, type CancelSignal, throwIfCancelled } from '../../../../common/errors.ts';
import { bandsOf } from '../../onnx/bands/bands.ts';
import type { Rows } from '../../onnx/bands/rows.ts';
import type { Stage } from '../../onnx/bands/stages.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import type { Feed, RunTensor, Session } from '../../onnx/ort.ts';
import { Buffers } from '../buffers.ts';
import type { Runner } from '../role.ts';
import { BandMap } from './band-map.ts';
import { rowsOfBand } from './band-size.ts';

export interface TiledRunnerOptions {
  readonly stages: readonly Stage[];
  readonly input: string;
  readonly output: string;
  /** As the one of the whole is made. */
  readonly create: (model: Model) => Promise<Session>;
  readonly signal?: CancelSignal | undefined;
  /** How many tiles a stage takes; as memory suggests unless given. */
  readonly count?: number | undefined;
}

export class TiledRunner implements Runner {
  readonly #options: TiledRunnerOptions;
  #seconds = 0;

  constructor(options: TiledRunnerOptions) {
    this.#options = options;
  }

  /** Wall seconds inside bare runs. */
  get runSeconds(): number {
    return this.#seconds;
  }

  /** One picture, (1, channels, h, w), to the network's output. @throws Cancelled between two tiles; AppError as Session.run */
  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, RunTensor>> {
    const { stages, input, output, create, signal } = this.#options;
    const feed = feeds[input];
    assert(feed?.type === 'float32' && feed.dims[0] === 1, 'one picture at a time goes through in tiles');
    const [, channels, height, width] = feed.dims as [number, number, number, number];
    const uses = usesOf(stages, output);
    const picture = new BandMap({ channels, width, measured: uses.measured.has(input) });
    picture.add({ start: 0, end: height }, feed.data, 0);
    const maps = new Map([[input, picture]]);
    const wholes = new Map<string, RunTensor>();
    for (const [at, stage] of stages.entries()) {
      throwIfCancelled(signal);
      // The caller's own picture is never let go.
      const ends = new Set(
        [...uses.last].filter(([name, last]) => last === at && name !== input).map(([name]) => name),
      );
      const session = await create(stage.model);
      try {
        await this.#run(stage, session, { maps, wholes, ends, measured: uses.measured });
      } finally {
        this.#seconds += session.runSeconds;
        await session.release();
      }
      for (const name of ends) {
        maps.get(name)?.forget(Number.POSITIVE_INFINITY);
        maps.delete(name);
        wholes.delete(name);
      }
    }
    const made = maps.get(output)!;
    const data = new Float32Array(made.channels * made.height * made.width);
    made.read({ start: 0, end: made.height }, data);
    return { [output]: { data, dims: [1, made.channels, made.height, made.width] } };
  }

  async #run(stage: Stage, session: Session, { maps, wholes, ends, measured }: Held): Promise<void> {
    const { signal } = this.#options;
    const heights = new Map(stage.reads.map(({ value }) => [value, maps.get(value)!.height]));
    const told: Record<string, Feed> = {};
    for (const { value, port } of stage.wholes) told[port] = { type: 'float32', ...wholes.get(value)! };
    for (const { source, groups, epsilon, dims, mean, factor } of stage.norms) {
      const found = maps.get(source)!.statistics(groups, epsilon);
      told[mean] = { type: 'float32', data: found.mean, dims };
      told[factor] = { type: 'float32', data: found.factor, dims };
    }
    const buffers = new Buffers();
    const ask = (rows: ReadonlyMap<string, Rows>) => {
      const read = stage.reads.map(({ value, port }) => {
        const map = maps.get(value)!;
        const own = rows.get(value)!;
        const count = own.end - own.start;
        const data = buffers.float(value, map.channels * count * map.width);
        map.read(own, data);
        return [port, { type: 'float32', data, dims: [1, map.channels, count, map.width] }] as const;
      });
      const fetches = stage.makes.map(({ port }) => port);
      return session.run({ ...told, ...Object.fromEntries(read) }, fetches);
    };
    if (stage.atOnce) {
      const made = await ask(new Map([...heights].map(([name, end]) => [name, { start: 0, end }])));
      for (const { value, port } of stage.makes) wholes.set(value, made[port]!);
      return;
    }
    const { base } = stage.rows;
    const { count } = this.#options;
    const rows = count ? Math.ceil(heights.get(base)! / count) : rowsOfBand(stage, maps.get(base)!);
    const bands = bandsOf(
      stage.rows,
      stage.makes.map(({ value }) => value),
      { read: heights, rows },
    );
    for (const [i, { reads, makes }] of bands.entries()) {
      throwIfCancelled(signal);
      const made = await ask(reads);
      for (const { value, port } of stage.makes) {
        const own = makes.get(value);
        if (!own) continue;
        const { data, dims } = made[port]!;
        const [, channels, , across] = dims as [number, number, number, number];
        const map =
          maps.get(value) ?? new BandMap({ channels, width: across, measured: measured.has(value) });
        maps.set(value, map);
        map.add(own, data, own.start - stage.rows.startOf(value, reads.get(base)!.start));
      }
      const next = bands[i + 1]?.reads;
      for (const name of ends) maps.get(name)?.forget(next?.get(name)?.start ?? Number.POSITIVE_INFINITY);
    }
  }
}

interface Held {
  readonly maps: Map<string, BandMap>;
  readonly wholes: Map<string, RunTensor>;
  /** What no later stage reads. */
  readonly ends: ReadonlySet<string>;
  /** What norms take the mean of. */
  readonly measured: ReadonlySet<string>;
}

/** Which stage is the last to read a value, and of which means are taken. */
function usesOf(stages: readonly Stage[], output: string) {
  const last = new Map<string, number>();
  for (const [at, { reads, wholes, norms }] of stages.entries()) {
    for (const { value } of [...reads, ...wholes]) last.set(value, at);
    for (const { source } of norms) last.set(source, at);
  }
  last.delete(output);
  return { last, measured: new Set(stages.flatMap(({ norms }) => norms.map(({ source }) => source))) };
}
