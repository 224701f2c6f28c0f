/** A graph that was read, rewritten as it is run: forwards, in part, and followed back. */

import type { Provider } from '../onnx/ort.ts';
import { inPlace } from '../onnx/passes/in-place.ts';
import { type Adapter, lowRank } from '../onnx/passes/low-rank.ts';
import { applyPasses, type Outcomes, type Step, step } from '../onnx/passes/pass.ts';
import { widenLate } from '../onnx/passes/widen-late.ts';
import { parseModel, serializeModel } from '../onnx/serde.ts';
import type { FollowedGraph } from './followed.ts';
import { NetworkMemory } from './memory/network.ts';
import { RecordedMemory } from './memory/recorded.ts';
import type { ReadModel } from './read-model.ts';
import type { Purpose, Role } from './role.ts';
import { chooseSession, type SessionChoice, type SessionWish, weightsInFile } from './session-choice.ts';

export interface PrepareOptions<Variant> {
  readonly variant: Variant;
  /** What the network belongs to, for messages: "tiny-sd". */
  readonly name: string;
  readonly provider: Provider;
  readonly memory?: SessionWish['memory'];
  readonly purpose?: Purpose;
  /** What stands beside its layers; none unless said. */
  readonly adapters?: readonly Adapter[];
  /** Whether it may be asked to be followed backwards: its part has a recorder. */
  readonly gradients?: boolean | undefined;
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
  readonly cut: ReturnType<typeof rewritten> | null;
  memory(): NetworkMemory;
  cutMemory(): NetworkMemory | null;
  recordedMemory(): RecordedMemory | null;
}

/** Rewrites a graph that was read, in memory; the files stay as they are. @throws AppError bundle-invalid */
export function prepareRead<Io, Want, Variant, Functions>(
  role: Role<Io, Want, Variant, Functions>,
  { source, graph, io }: ReadModel<Io>,
  options: PrepareOptions<Variant>,
): Prepared {
  const { variant, name, provider, purpose = 'forward', adapters = [] } = options;
  const beside = adapters.length > 0 ? [step(lowRank, { adapters })] : [];
  const choice = chooseSession(weightsInFile({ source, graph }), { provider, memory: options.memory });
  // Only now: the passes of a role look for plain products.
  const last = provider === 'cpu' ? [step(inPlace), ...(choice.keepHalf ? [step(widenLate)] : [])] : [];
  const steps = [...beside, ...role.passes(purpose, variant), ...last];
  const label = `${role.label} of ${name}`;
  // Operators of a runtime's own cannot be followed back: that graph is made out of the one that was read.
  const asRead = options.gradients ? serializeModel(graph.model) : null;
  const outcomes = applyPasses(graph.model, steps, label);
  const bytes = serializeModel(graph.model);
  const how = { ...choice, ...role.session };
  const cutting = role.cut?.(outcomes, io);
  const cut = cutting ? rewritten(bytes, cutting, label) : null;
  const memoryOf = (graph: Uint8Array) => new NetworkMemory(parseModel(graph).graph, how);
  let recorded: RecordedMemory | null = null;
  const followed = asRead && {
    graph: rewritten(asRead, [...beside, ...role.passes('gradients', variant)], label).bytes,
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

/** Another graph out of one, which stays as it is. */
function rewritten(graph: Uint8Array, steps: readonly Step[], label: string) {
  const model = parseModel(graph, label);
  const outcomes = applyPasses(model, steps, label);
  const inputs = new Set(model.graph.inputs.map(({ name }) => name));
  return { bytes: serializeModel(model), inputs, outcomes };
}
