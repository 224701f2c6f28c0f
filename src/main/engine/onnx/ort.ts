/** The one door to onnxruntime. run() and createSession() block their thread: call them in the engine process only. */
import { availableParallelism } from 'node:os';
import type * as Ort from 'onnxruntime-node';
import { AppError, assert } from '../../../common/errors.ts';
import { keepPrivate } from '../../child-environment.ts';
import { blocking } from '../watchdog/blocking.ts';
import type { Model } from './ir/graph.ts';
import { PROVIDER_OPTIONS, type Provider } from './provider-options.ts';
import { serializeModel } from './serde.ts';

// Loaded only now: imports would come first, and it looks into its environment as soon as it is loaded.
keepPrivate();
const { default: ort } = await import('onnxruntime-node');

export const RUNTIME_VERSION = ort.env.versions.node ?? ort.env.versions.common;

export type { Provider };

export type Feed =
  | { readonly type: 'float32'; readonly data: Float32Array; readonly dims: readonly number[] }
  | { readonly type: 'int64'; readonly data: BigInt64Array; readonly dims: readonly number[] }
  | { readonly type: 'int32'; readonly data: Int32Array; readonly dims: readonly number[] }
  | { readonly type: 'bool'; readonly data: Uint8Array; readonly dims: readonly number[] };

/** Row-major; owned by the caller, no later run writes to it. */
export interface RunTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

interface SessionValue {
  readonly name: string;
  /** Element type as onnxruntime names it: "float32", "int64", "float16", … */
  readonly type: string;
  /** A number is fixed, a name is free, '' is free and nameless. */
  readonly dims: readonly (number | string)[];
}

export interface SessionOptions {
  /** Folder that external weights are relative to, as loadGraph returns it. The locations must have been checked. */
  readonly folder?: string;
  readonly provider: Provider;
  /** Threads of one operator; all cores when absent. */
  readonly threads?: number;
  /** Maps weights instead of repacking and reordering them: starts at once and shares pages, runs up to a fifth slower. */
  readonly lowMemory?: boolean;
  /**
   * Convolutions read their filters as they lie, not in blocks of channels: at Stable Diffusion's size two gigabytes are not copied, and its
   * UNet is as fast; a VAE takes a sixth longer.
   */
  readonly plainConvolutions?: boolean;
  /**
   * Weights of half precision stay in their file, and each layer widens its own at every run. Otherwise all are widened when the
   * session is opened: at Stable Diffusion's size three gigabytes more, twice that for a moment, and calls a tenth faster.
   */
  readonly keepHalf?: boolean;
  /**
   * Whether the runtime lays out the memory of a call from the second of its size on. Off unless said: it would hold each layout besides
   * what it has, of weights that stay half every layer's too, and gains no time. For measurements.
   */
  readonly memoryPattern?: boolean;
  /**
   * Weights are not copied and no operator is moved or joined with others: the runtime's order is then that of `shapes/run-order.ts`,
   * which graphs that compute something late rely on.
   */
  readonly asItStands?: boolean;
  /** Nothing of it may fall back to the processor: what the provider cannot run is an error. */
  readonly alone?: boolean;
  /** The network as the artist knows it: "the UNet of tiny-sd". */
  readonly label: string;
}

export interface Session {
  readonly inputs: readonly SessionValue[];
  readonly outputs: readonly SessionValue[];
  /** Wall seconds spent inside bare session.run so far. */
  readonly runSeconds: number;
  /**
   * Every input must be fed. Fetching fewer outputs saves their copies, not their computation.
   * @throws AppError model-failed naming the node where the runtime does, device-memory where a graphics card has no room.
   */
  run(feeds: Readonly<Record<string, Feed>>, fetches: readonly string[]): Promise<Record<string, RunTensor>>;
  release(): Promise<void>;
}

/** @throws AppError model-failed when the runtime refuses the graph. */
export async function createSession(model: Model | Uint8Array, options: SessionOptions): Promise<Session> {
  const bytes = model instanceof Uint8Array ? model : serializeModel(model);
  const session: Record<string, string> = {};
  if (options.folder !== undefined) session.model_external_initializers_file_folder_path = options.folder;
  if (options.lowMemory || options.asItStands) session.disable_prepacking = '1';
  if (options.alone) session.disable_cpu_ep_fallback = '1';
  const without = [
    // Convolutions in blocks of channels want a copy of their filters.
    ...(options.lowMemory || options.plainConvolutions ? ['NchwcTransformer'] : []),
    ...(options.keepHalf ? ['ConstantFolding'] : []),
  ];
  const optimization = without.length > 0 ? { disable_specified_optimizers: without.join(';') } : {};
  try {
    const inner = await blocking(`loading ${options.label}`, () =>
      ort.InferenceSession.create(bytes, {
        executionProviders: [PROVIDER_OPTIONS[options.provider]],
        executionMode: 'sequential',
        intraOpNumThreads: options.threads ?? availableParallelism(),
        extra: { session, optimization },
        // The last level folds casts too, whatever is switched off.
        graphOptimizationLevel: options.asItStands ? 'disabled' : options.keepHalf ? 'layout' : 'all',
        enableMemPattern: options.memoryPattern ?? false,
        // What fails is thrown as well; onnxruntime's own lines would only clutter the terminal.
        logSeverityLevel: 4,
      }),
    );
    return new OrtSession(inner, options);
  } catch (cause) {
    throw failure(cause, `loading ${options.label}`, options.provider);
  }
}

/**
 * Whether the runtime would take a graph on the processor, which every other provider falls back to. Weights are mapped,
 * not read. @throws AppError as createSession
 */
export async function tryOut(
  model: Uint8Array,
  options: { readonly folder: string; readonly label: string },
): Promise<void> {
  try {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'disabled',
      intraOpNumThreads: 1,
      extra: {
        session: { model_external_initializers_file_folder_path: options.folder, disable_prepacking: '1' },
      },
      logSeverityLevel: 4,
    });
    await session.release();
  } catch (cause) {
    throw failure(cause, `loading ${options.label}`);
  }
}

class OrtSession implements Session {
  readonly inputs: readonly SessionValue[];
  readonly outputs: readonly SessionValue[];
  runSeconds = 0;
  readonly #inner: Ort.InferenceSession;
  readonly #label: string;
  readonly #provider: Provider;

  constructor(inner: Ort.InferenceSession, { label, provider }: SessionOptions) {
    this.#inner = inner;
    this.#label = label;
    this.#provider = provider;
    this.inputs = inner.inputMetadata.map(describe);
    this.outputs = inner.outputMetadata.map(describe);
  }

  async run(
    feeds: Readonly<Record<string, Feed>>,
    fetches: readonly string[],
  ): Promise<Record<string, RunTensor>> {
    const tensors: Record<string, Ort.Tensor> = {};
    for (const [name, feed] of Object.entries(feeds)) tensors[name] = toTensor(feed);
    let results: Ort.InferenceSession.OnnxValueMapType;
    const start = performance.now();
    try {
      const shapes = Object.values(feeds).map(({ dims }) => dims.join('×'));
      const kind = `running ${this.#label} on ${shapes.join(' ')}`;
      results = await blocking(kind, () => this.#inner.run(tensors, fetches));
    } catch (cause) {
      throw failure(cause, `running ${this.#label}`, this.#provider);
    } finally {
      this.runSeconds += (performance.now() - start) / 1000;
    }
    const out: Record<string, RunTensor> = {};
    for (const name of fetches) {
      const result = results[name];
      assert(result !== undefined, `onnxruntime returned no ${name}`);
      out[name] = { data: floats(result.data, name), dims: result.dims };
    }
    return out;
  }

  async release(): Promise<void> {
    await this.#inner.release();
  }
}

function describe(value: Ort.InferenceSession.ValueMetadata): SessionValue {
  return value.isTensor
    ? { name: value.name, type: value.type, dims: value.shape }
    : { name: value.name, type: 'not a tensor', dims: [] };
}

function toTensor(feed: Feed): Ort.Tensor {
  switch (feed.type) {
    case 'float32':
      return new ort.Tensor('float32', feed.data, feed.dims);
    case 'int64':
      return new ort.Tensor('int64', feed.data, feed.dims);
    case 'int32':
      return new ort.Tensor('int32', feed.data, feed.dims);
    case 'bool':
      return new ort.Tensor('bool', feed.data, feed.dims);
  }
}

function floats(data: unknown, name: string): Float32Array {
  assert(data instanceof Float32Array, `${name} is not float32; the float-io pass makes it so`);
  return data;
}

const OUT_OF_MEMORY = /bad.?alloc|out of memory|failed to allocate|OUT_OF_MEMORY|allocation failed|OOM/i;

/** An onnxruntime error as a sentence: which node, what it said, what to try. */
function failure(cause: unknown, doing: string, provider: Provider = 'cpu'): AppError {
  const text = (cause instanceof Error ? cause.message : String(cause))
    .replace(/\s+/g, ' ')
    // Internal checks print their place in onnxruntime's sources first.
    .replace(/\/onnxruntime_src\/\S+:\d+ .*? (was false|must be true)\. /g, '')
    .trim();
  if (OUT_OF_MEMORY.test(text)) {
    return new AppError(provider === 'cpu' ? 'model-failed' : 'device-memory', 'memory ran out', {
      doing,
      hint: 'Close other programs, use a smaller size, or run on the CPU.',
      cause,
    });
  }
  const running = /while running (\S+) node\. Name:\s*'([^']*)'(?:.*?Status Message:\s*(.*))?/.exec(text);
  if (running) {
    const [, op, node, status] = running;
    return new AppError(
      'model-failed',
      `the operator ${op}${node ? ` (${node})` : ''} failed: ${status ?? text}`,
      {
        doing,
        hint: 'The size or the inputs may not suit this model; check the bundle.',
        cause,
      },
    );
  }
  const lacking = /Could not find an implementation for (\S+?)\(\d+\)/.exec(text);
  if (lacking) {
    return new AppError(
      'provider-unavailable',
      `what computes here cannot run the operator ${lacking[1]}: the model was made for another provider`,
      {
        doing,
        hint: 'Choose the provider it was made for, or export the model again without optimising it.',
        cause,
      },
    );
  }
  const unknown = /(\S+?)\(-?\d+\) is not a registered function\/op|No Op registered for (\S+)/.exec(text);
  if (unknown) {
    return new AppError(
      'bundle-invalid',
      `the model uses the operator ${unknown[1] ?? unknown[2]}, which is not available here`,
      {
        doing,
        hint: 'Export the model again for ONNX Runtime, with standard operators.',
        cause,
      },
    );
  }
  return new AppError('model-failed', text, {
    doing,
    hint: 'The model may be damaged or made for another runtime; check the bundle.',
    cause,
  });
}
