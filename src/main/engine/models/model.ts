/**
 * The one door by which a network is opened, whatever it is for and wherever it comes from. Long, since whatever is read, prepared,
 * tried and opened must agree about one graph: forwards, in tiles, cut, and followed back.
 */
import { AppError, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import type { Recorder } from '../onnx/grad/recorder.ts';
import { SessionRecorder } from '../onnx/grad/session-recorder.ts';
import type { Model } from '../onnx/ir/graph.ts';
import { createSession, type Feed, type Provider, tryOut } from '../onnx/ort.ts';
import { inPlace } from '../onnx/passes/in-place.ts';
import { learntWeights } from '../onnx/passes/learnt-weights.ts';
import { type Adapter, lowRank } from '../onnx/passes/low-rank.ts';
import { applyPasses, type Outcomes, type Step, step } from '../onnx/passes/pass.ts';
import { widenLate } from '../onnx/passes/widen-late.ts';
import { parseModel, serializeModel } from '../onnx/serde.ts';
import type { LoadedGraph } from '../onnx/slim.ts';
import { partDigest } from './digests.ts';
import { type WeightRanges, weightRanges } from './finite.ts';
import type { FollowedGraph } from './followed.ts';
import { LazySession } from './lazy-session.ts';
import { LearntWeights } from './learnt.ts';
import { NetworkMemory } from './memory/network.ts';
import { RecordedMemory } from './memory/recorded.ts';
import type { Purpose, Role, RoleName, Runner } from './role.ts';
import { chooseSession, type SessionChoice, type SessionWish, weightsInFile } from './session-choice.ts';
import type { Source } from './source.ts';
import { Tiles } from './tiles/tiles.ts';
import type { DigestStore } from './types.ts';
import { whileUnchanged } from './unchanged.ts';

/** A graph that was read and understood; nothing of it is changed yet, no weight was read. */
export interface ReadModel<Io = unknown> {
  readonly role: RoleName;
  readonly source: Source;
  readonly graph: LoadedGraph;
  readonly io: Io;
  /** @throws AppError bundle-invalid where a file of weights is no longer as it was when it was read */
  unchanged(): void;
}

export interface OpenModelOptions<Variant> {
  readonly variant: Variant;
  /** What the network belongs to, for messages: "tiny-sd". */
  readonly name: string;
  readonly provider: Provider;
  readonly threads?: number | undefined;
  readonly memory?: SessionWish['memory'];
  readonly purpose?: Purpose;
  readonly signal?: CancelSignal | undefined;
  /** What the runtime would refuse shows at the first call only. */
  readonly untried?: boolean;
  /** What stands beside its layers; none unless said. */
  readonly adapters?: readonly Adapter[];
  /** Whether it may be asked to work in tiles, which keeps its graph. */
  readonly mayTile?: boolean;
  /** Whether it may be asked to be followed backwards: its part has a recorder. */
  readonly gradients?: boolean | undefined;
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

/** @param load reads the graph; from the source, unless the caller has done so. @throws AppError bundle-invalid, weights-missing */
export function readModel<Io, Want, Variant, Functions>(
  role: Role<Io, Want, Variant, Functions>,
  source: Source,
  want: Want,
  graph: LoadedGraph = source.load(),
): ReadModel<Io> {
  const unchanged = whileUnchanged(graph.files);
  return { role, source, graph, io: role.io(graph.model, source.file, want), unchanged };
}

/**
 * sha256 hex of everything that changes its numbers.
 * @param weights that must be numbers, by file: of all parts, where several lie in one; its own unless given
 * @throws Cancelled, AppError bundle-invalid, weights-missing
 */
export async function digestOfModel(
  model: Pick<ReadModel, 'source' | 'graph' | 'unchanged'>,
  store?: DigestStore,
  signal?: CancelSignal,
  weights: WeightRanges = weightsToCheck([model]),
): Promise<string> {
  const { source, graph } = model;
  const digest = await partDigest(source.files(graph), store, signal, { also: source.also, weights });
  model.unchanged();
  return digest;
}

/** Of networks that are written here. The graphs of exports hold infinity where they mean it: masks. */
export function weightsToCheck(models: readonly Pick<ReadModel, 'source' | 'graph'>[]): WeightRanges {
  return weightRanges(models.filter(({ source }) => source.also !== undefined).map(({ graph }) => graph));
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

/** A graph as it will be run, and how its session is opened. */
export interface Prepared {
  /** One megabyte for Stable Diffusion's UNet where the objects take fourteen; reading the file again takes a moment and could find another one. */
  readonly bytes: Uint8Array;
  readonly outcomes: Outcomes;
  readonly how: SessionChoice;
  /** As it is followed backwards; null where it is not to be. */
  readonly followed: FollowedGraph | null;
  /** What a graph goes through last, for what computes it. */
  readonly last: readonly Step[];
  /** What is cut from it for calls of its own. */
  readonly cut: ReturnType<typeof cutFrom>;
  memory(): NetworkMemory;
  cutMemory(): NetworkMemory | null;
  recordedMemory(): RecordedMemory | null;
}

/** Rewrites a graph that was read, in memory; the files stay as they are. @throws AppError bundle-invalid */
export function prepareRead<Io, Want, Variant, Functions>(
  role: Role<Io, Want, Variant, Functions>,
  { source, graph, io }: ReadModel<Io>,
  options: Pick<
    OpenModelOptions<Variant>,
    'variant' | 'name' | 'provider' | 'memory' | 'purpose' | 'adapters' | 'gradients'
  >,
): Prepared {
  const { variant, name, provider, purpose = 'forward', adapters = [] } = options;
  const beside = adapters.length > 0 ? [step(lowRank, { adapters })] : [];
  const choice = chooseSession(weightsInFile({ source, graph }), { provider, memory: options.memory });
  // Only now: the passes of a role look for plain products.
  const last = provider === 'cpu' ? [step(inPlace), ...(choice.keepHalf ? [step(widenLate)] : [])] : [];
  const steps = [...beside, ...role.passes(purpose, variant), ...last];
  const label = `${role.label} of ${name}`;
  const asRead = options.gradients ? serializeModel(graph.model) : null;
  const outcomes = applyPasses(graph.model, steps, label);
  const bytes = serializeModel(graph.model);
  const how = { ...choice, ...role.session };
  const cut = cutFrom(bytes, role.cut?.(outcomes, io) ?? null, label);
  const memoryOf = (graph: Uint8Array) => new NetworkMemory(parseModel(graph).graph, how);
  let recorded: RecordedMemory | null = null;
  const followed = asRead && {
    graph: rewritten(asRead, [...beside, ...role.passes('gradients', variant)], label),
    file: source.file,
  };
  return {
    ...{ bytes, outcomes, how, cut, followed, last },
    memory: () => memoryOf(bytes),
    cutMemory: () => cut && memoryOf(cut.bytes),
    recordedMemory() {
      // It remembers what it worked out.
      recorded ??= followed && new RecordedMemory(followed.graph, { how, last, label });
      return recorded;
    },
  };
}

/** The same for a graph that was read. Rewrites it in memory; the files stay as they are. */
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

function rewritten(graph: Uint8Array, steps: readonly Step[], label: string): Uint8Array {
  const model = parseModel(graph, label);
  applyPasses(model, steps, label);
  return serializeModel(model);
}

/** A part of a prepared graph. */
function cutFrom(prepared: Uint8Array, steps: readonly Step[] | null, label: string) {
  if (!steps) return null;
  const model = parseModel(prepared, label);
  const outcomes = applyPasses(model, steps, label);
  const inputs = new Set(model.graph.inputs.map(({ name }) => name));
  return { bytes: serializeModel(model), inputs, outcomes };
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
