/** The one door by which a network is opened, whatever it is for and wherever it comes from. */
import { AppError, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import type { Recorder } from '../onnx/grad/recorder.ts';
import { SessionRecorder } from '../onnx/grad/session-recorder.ts';
import type { Model } from '../onnx/ir/graph.ts';
import { createSession, type Feed, tryOut } from '../onnx/ort.ts';
import { learntWeights } from '../onnx/passes/learnt-weights.ts';
import { lowRank } from '../onnx/passes/low-rank.ts';
import { applyPasses, type Outcomes } from '../onnx/passes/pass.ts';
import type { FollowedGraph } from './followed.ts';
import { LazySession } from './lazy-session.ts';
import { LearntWeights } from './learnt.ts';
import type { NetworkMemory } from './memory/network.ts';
import type { RecordedMemory } from './memory/recorded.ts';
import { type PrepareOptions, prepareRead } from './prepare.ts';
import { type ReadModel, readModel } from './read-model.ts';
import type { Role, Runner } from './role.ts';
import type { Source } from './source.ts';
import { Tiles } from './tiles/tiles.ts';

export interface OpenModelOptions<Variant> extends PrepareOptions<Variant> {
  readonly threads?: number | undefined;
  readonly signal?: CancelSignal | undefined;
  /** What the runtime would refuse shows at the first call only. */
  readonly untried?: boolean;
  /** Whether it may be asked to work in tiles, which keeps its graph. */
  readonly mayTile?: boolean;
}

export interface OpenModel<Functions = unknown> {
  readonly functions: Functions;
  /** Wall seconds inside bare session.run. */
  readonly runSeconds: number;
  /** What of it is learnt; null where it was not opened for that. */
  readonly learnt: LearntWeights | null;
  /** As it is followed backwards; null where it was not opened for that. */
  readonly followed: FollowedGraph | null;
  /** What its session takes; worked out anew at every call. */
  memory(): NetworkMemory;
  /** The same of what is cut from it; null where nothing is. */
  cutMemory(): NetworkMemory | null;
  /** What calls that are followed back take beside; null where it was not opened for that. */
  recordedMemory(): RecordedMemory | null;
  /** How often its session was opened. */
  readonly opened: number;
  readonly isOpen: boolean;
  /** Opens its session before the first call. @throws Cancelled, AppError */
  open(): Promise<void>;
  /** Prepares its tiles, where it may work in such, before the first call; no session stays open. @throws Cancelled, AppError */
  readyTiles(): Promise<void>;
  /** Gives its memory back; the next call of a function opens the session again. */
  release(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Reads, prepares and tries a network: what the runtime would refuse is refused here. Its session is opened when one of its
 * functions is first called, and held until it is released.
 * @throws AppError bundle-invalid, weights-missing, provider-unavailable, model-failed; Cancelled
 */
export async function openModel<Io, Want, Variant, Functions>(
  role: Role<Io, Want, Variant, Functions>,
  source: Source,
  { want, ...options }: OpenModelOptions<Variant> & { readonly want: Want },
): Promise<OpenModel<Functions>> {
  return openRead(role, readModel(role, source, want), options);
}

/** The same for a graph that was read. Rewrites it in memory; the files stay as they are. @throws as openModel */
export async function openRead<Io, Want, Variant, Functions>(
  role: Role<Io, Want, Variant, Functions>,
  read: ReadModel<Io>,
  options: OpenModelOptions<Variant>,
): Promise<OpenModel<Functions>> {
  const { name, provider, threads, signal, untried, mayTile } = options;
  throwIfCancelled(signal);
  const { source, io, unchanged } = read;
  const { folder } = read.graph;
  const label = `${role.label} of ${name}`;
  const { bytes, outcomes, how, cut, followed, last, ...memories } = prepareRead(role, read, options);
  const open = (of: Model | Uint8Array, asItStands = false) => {
    unchanged();
    return createSession(of, {
      folder,
      provider,
      threads,
      label,
      ...how,
      asItStands: asItStands && provider === 'cpu',
    });
  };
  const opens = (graph: Uint8Array) => async () => open(graph);
  const session = new LazySession(opens(bytes), signal);
  const learnable = outcomes.of(learntWeights);
  const learnt = learnable && new LearntWeights(learnable, folder);
  const strengths = strengthsOf(outcomes);
  const more = () => ({ ...strengths(), ...learnt?.feeds() });
  const told = (runner: Runner): Runner => ({
    run: (feeds, fetches) => runner.run({ ...feeds, ...more() }, fetches),
  });
  const lesser = cut && new LazySession(opens(cut.bytes), signal);
  const recorder =
    followed &&
    new SessionRecorder({
      ...{ graph: followed.graph, label, forward: session, signal },
      open: async (of, asItStands) => {
        applyPasses(of, last, label);
        return open(of, asItStands);
      },
    });
  const sessions = [session, ...(lesser ? [lesser] : []), ...(recorder ? [recorder] : [])];
  const tiles =
    mayTile && role.tiles
      ? new Tiles({
          ...{ model: read.graph.model, io: role.tiles(io), whole: session, label, signal },
          create: async (of) => open(of),
        })
      : undefined;
  try {
    for (const graph of untried ? [] : [bytes, ...(cut ? [cut.bytes] : [])])
      await tryOut(graph, { folder, label });
  } catch (error) {
    // A file that was taken away meanwhile is told as that.
    unchanged();
    // Another provider may have what the processor lacks: only opening it tells.
    if (!(error instanceof AppError) || error.code !== 'provider-unavailable' || provider === 'cpu')
      throw error;
    await session.open();
  }
  return {
    functions: role.functions({
      session: told(session),
      recorder: recorder ? recordedWith(recorder, more) : undefined,
      tiled: tiles,
      io,
      file: source.file,
      outcomes,
      cut: cut &&
        lesser && {
          session: told(takingOnly(cut.inputs, lesser)),
          outcomes: cut.outcomes,
        },
    }),
    learnt,
    followed,
    memory: memories.memory,
    cutMemory: memories.cutMemory,
    recordedMemory: memories.recordedMemory,
    get runSeconds() {
      return sessions.reduce((sum, { runSeconds }) => sum + runSeconds, tiles?.runSeconds ?? 0);
    },
    get opened() {
      return sessions.reduce((sum, { opened }) => sum + opened, 0);
    },
    get isOpen() {
      return sessions.some(({ isOpen }) => isOpen);
    },
    // What was cut is opened by its first call.
    open: () => session.open(),
    async readyTiles() {
      await tiles?.ready();
      await session.release();
    },
    async release() {
      for (const one of sessions) await one.release();
    },
    async close() {
      for (const one of sessions) await one.close();
    },
  };
}

function takingOnly(inputs: ReadonlySet<string>, session: Runner): Runner {
  return {
    run: (feeds, fetches) =>
      session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.has(name))), fetches),
  };
}

function recordedWith(recorder: Recorder, more: () => Record<string, Feed>): Recorder {
  return { record: (feeds, ...asked) => recorder.record({ ...feeds, ...more() }, ...asked) };
}

/** Each run is told how strong the adapters are just then. */
function strengthsOf(outcomes: Outcomes): () => Record<string, Feed> {
  const inputs = outcomes.of(lowRank) ?? [];
  return () =>
    Object.fromEntries(
      inputs.map(({ name, strength }) => [
        name,
        { type: 'float32', data: Float32Array.of(strength()), dims: [] },
      ]),
    );
}
