/** The networks of a bundle, each opened by its role. */
import { checkControlNet, readControlNet, socketsOf } from './controlnet.ts';
import { adaptersOf } from './loras/use.ts';
import { type OpenModel, type OpenModelOptions, openRead } from './model.ts';
import type { ReadBundle } from './read.ts';
import { digestOfModel, type ReadModel } from './read-model.ts';
import type { Role } from './role.ts';
import { controlNet } from './roles/controlnet.ts';
import { depthEstimator } from './roles/depth-estimator.ts';
import { flowEstimator } from './roles/flow-estimator.ts';
import { interpolator } from './roles/interpolator.ts';
import { textEncoder, textEncoder2 } from './roles/text-encoder.ts';
import { unet } from './roles/unet.ts';
import { vaeDecoder } from './roles/vae-decoder.ts';
import { vaeEncoder } from './roles/vae-encoder.ts';
import { digestWithSession, weightsInFile } from './session-choice.ts';
import type { ChosenAttention, OpenBundleOptions, OpenControlNet } from './types.ts';

export type ReadControl = OpenControlNet & { readonly read: Awaited<ReturnType<typeof readControlNet>> };

export async function readControls(
  { parts, geometry, layout }: ReadBundle,
  { controlNets = [], idleControlNets = [], digestStore, signal, provider, memory }: OpenBundleOptions,
): Promise<ReadControl[]> {
  if (controlNets.length + idleControlNets.length === 0) return [];
  const sockets = socketsOf(parts.unet, geometry.latentChannels);
  const checked = async (path: string) => {
    const read = await readControlNet(path);
    checkControlNet(read, sockets, layout.name);
    return read;
  };
  for (const path of idleControlNets) await checked(path);
  return inOrder(controlNets, async (path) => {
    const read = await checked(path);
    const own = await digestOfModel(read, digestStore, signal);
    return { path, read, digest: digestWithSession(own, weightsInFile(read), { provider, memory }) };
  });
}

/** A bundle as a record of roles. */
export type Models = Awaited<ReturnType<typeof openParts>>;

/** @param opened gets every model as soon as it is open */
export async function openParts(
  { layout, parts, embeddings, loras }: ReadBundle,
  controls: readonly ReadControl[],
  options: Omit<OpenBundleOptions, 'attention'> & { readonly attention: ChosenAttention },
  opened: OpenModel[],
) {
  const {
    provider,
    threads,
    signal,
    memory,
    sites,
    joint = false,
    reuse = false,
    learnt = null,
    gradients = [],
    attention,
  } = options;
  const open = async <Io, Variant, Functions>(
    role: Role<Io, never, Variant, Functions>,
    part: ReadModel<Io>,
    variant: Variant,
    more: Pick<OpenModelOptions<Variant>, 'untried' | 'adapters' | 'mayTile' | 'memory' | 'gradients'> = {},
  ): Promise<OpenModel<Functions>> => {
    const common = { name: layout.name, provider, threads, signal, ...more };
    const model = await openRead(role, part, { ...common, variant });
    opened.push(model);
    return model;
  };
  const encoders = [textEncoder, textEncoder2] as const;
  // Without embeddings the graph stays as it was exported.
  const placing = embeddings.length > 0;
  const mayTile = (options.vaeTiles ?? 'off') !== 'off';
  return {
    unet: await open(
      unet,
      parts.unet,
      { sites, joint, reuse, learnt, controlled: controls.length > 0, fused: attention.unet },
      { adapters: adaptersOf(loras, 'unet'), memory, gradients: gradients.length > 0 },
    ),
    vaeEncoder: await open(vaeEncoder, parts.vaeEncoder, attention.vae, { mayTile }),
    vaeDecoder: await open(vaeDecoder, parts.vaeDecoder, attention.vae, {
      mayTile,
      gradients: options.steers,
    }),
    text: await inOrder(parts.text, (part, i) => {
      const adapters = adaptersOf(loras, i === 0 ? 'text' : 'text2');
      return open(encoders[i]!, part, { placing }, { adapters });
    }),
    // With a depth clip it is never asked.
    depth: parts.depth && (await open(depthEstimator, parts.depth, undefined, { untried: true })),
    flow: parts.flow && (await open(flowEstimator, parts.flow, undefined)),
    interpolator: parts.interpolator && (await open(interpolator, parts.interpolator, undefined)),
    controlNets: await inOrder(controls, ({ read }) => open(controlNet, read, attention.unet, { memory })),
  };
}

async function inOrder<T, U>(all: readonly T[], make: (one: T, i: number) => Promise<U>): Promise<U[]> {
  const made: U[] = [];
  for (const [i, one] of all.entries()) made.push(await make(one, i));
  return made;
}
