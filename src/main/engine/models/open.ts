/** Opens a bundle as functions: everything is checked before the first network is loaded, and each is loaded at its first use. */
import { assert } from '../../../common/errors.ts';
import type { LatentShape } from '../diffusion/types.ts';
import { EXACT, withAttention } from './attention.ts';
import { factsOf } from './facts.ts';
import { checkFollowedDecoder, checkFollowedUnet } from './followed.ts';
import { foretell } from './memory/bundle.ts';
import { weightBytes } from './memory/weights.ts';
import type { OpenModel } from './model.ts';
import { type Models, openParts, type ReadControl, readControls } from './open-parts.ts';
import { checkCanvas } from './parts.ts';
import { type ReadBundle, readBundle } from './read.ts';
import type { AskControlNet } from './roles/controlnet.ts';
import { type EncodeText, encodeTogether, timeIds } from './roles/text-encoder.ts';
import { digestsWithSession } from './session-choice.ts';
import { TilesOfVae } from './tiles/of-vae.ts';
import type { Bundle, BundlePart, ChosenAttention, OpenBundleOptions, PerPart, Tokens } from './types.ts';
import type { OnCall } from './unet.ts';

/**
 * Throws AppError bundle-invalid or weights-missing naming the file, provider or model-failed errors of the runtime, or
 * Cancelled; nothing stays open then.
 * @param dir folder of the bundle, as diffusers lays it out
 */
export async function openBundle(dir: string, options: OpenBundleOptions): Promise<Bundle> {
  const asInFiles = await readBundle(dir, options);
  const attention = (await options.attention?.(factsOf(asInFiles))) ?? EXACT;
  const read = { ...asInFiles, digests: digestsWithSession(asInFiles, options) };
  const controls = await readControls(read, options);
  const opened: OpenModel[] = [];
  try {
    const models = await openParts(read, controls, { ...options, attention }, opened);
    return assemble(read, models, controls, { ...options, attention });
  } catch (error) {
    for (const model of opened) await model.close();
    throw error;
  }
}

function assemble(
  read: ReadBundle,
  models: Models,
  controls: readonly ReadControl[],
  options: Omit<OpenBundleOptions, 'attention'> & { readonly attention: ChosenAttention },
): Bundle {
  const { attention } = options;
  // The closures below hold these, not the graphs.
  const { layout, tokenizers } = read;
  const { space, frozen, kind } = read.geometry;
  const { channels, factor } = space;
  const { sites, residuals, deepChannels } = models.unet.functions;
  const facts = withAttention(factsOf(read), attention);
  const controlNets = controls.map(({ path, digest }) => ({ path, digest }));
  const { unet: network, vaeEncoder, vaeDecoder, text } = read.parts;
  const ios = {
    unet: network.io,
    vaeEncoder: vaeEncoder.io,
    vaeDecoder: vaeDecoder.io,
    text: text.map(({ io }) => io),
  };
  const controlIos = controls.map((control) => control.read.io);
  const weights = weightBytes([network, vaeEncoder, vaeDecoder, ...controls.map((control) => control.read)]);
  const calls = {
    ...{
      unet: 0,
      unetBranches: 0,
      unetShallow: 0,
      unetRecorded: 0,
      vaeEncoder: 0,
      vaeDecoder: 0,
      textEncoder: 0,
    },
    ...{ flowEstimator: 0, interpolator: 0, controlNet: 0 },
  };
  const { preprocessor, ranges } = layout;
  const depth = models.depth && preprocessor && models.depth.functions(preprocessor.config);
  const flow = models.flow && ranges.flowEstimator && models.flow.functions(ranges.flowEstimator.config);
  const between =
    models.interpolator && ranges.interpolator && models.interpolator.functions(ranges.interpolator.config);
  const held: PerPart<readonly OpenModel[]> = {
    unet: [models.unet],
    vaeEncoder: [models.vaeEncoder],
    vaeDecoder: [models.vaeDecoder],
    textEncoder: models.text,
    ...(models.depth && { depthEstimator: [models.depth] }),
    ...(models.flow && { flowEstimator: [models.flow] }),
    ...(models.interpolator && { interpolator: [models.interpolator] }),
    ...(models.controlNets.length > 0 && { controlNet: models.controlNets }),
  };
  const perPart = <T>(make: (models: readonly OpenModel[]) => T) =>
    Object.fromEntries(Object.entries(held).map(([part, of]) => [part, make(of)])) as unknown as PerPart<T>;
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  const modelsOf = (part: BundlePart) => held[part] ?? [];

  const tiles = new TilesOfVae({ ...options, model: facts, weights });
  const tiled = { encode: 0, decode: 0 };

  const counted: OnCall = (branches, how) => {
    calls.unet += 1;
    calls.unetBranches += branches;
    if (how === 'shallow') calls.unetShallow += 1;
    if (how === 'recorded') calls.unetRecorded += 1;
  };
  const nets = models.controlNets.map(({ functions }): AskControlNet => {
    return (rows, ...how) => {
      calls.controlNet += new Set(rows.map(({ input }) => input)).size;
      return functions(rows, ...how);
    };
  });
  const checkShape = (shape: LatentShape) => {
    assert(shape.channels === channels, `latents here have ${channels} channels, not ${shape.channels}`);
    checkCanvas(frozen, shape.width * factor, shape.height * factor, layout.name);
  };

  const tokenize = (prompt: string): Tokens => {
    const all = tokenizers.map((tokenizer) => tokenizer.encode(prompt));
    return { ids: all.map((one) => one.ids), cut: all.find((one) => one.cut !== null)?.cut ?? null };
  };

  return {
    ...facts,
    depth,
    flow: flow && {
      estimate(...pair) {
        calls.flowEstimator += 1;
        return flow.estimate(...pair);
      },
    },
    interpolate:
      between &&
      ((...pair) => {
        calls.interpolator += 1;
        return between(...pair);
      }),
    controlNets,
    attention,
    learnt: models.unet.learnt,
    siteCount: sites.length,
    calls,
    get runSeconds() {
      return perPart((of) => sum(of.map(({ runSeconds }) => runSeconds)));
    },
    get sessions() {
      return perPart((of) => ({
        open: of.some(({ isOpen }) => isOpen),
        opened: sum(of.map(({ opened }) => opened)),
      }));
    },
    memory(shape) {
      const foretold = foretell(
        {
          factor,
          unet: {
            ...{ network: models.unet.memory(), shallow: models.unet.cutMemory(), io: ios.unet },
            recorded: models.unet.recordedMemory(),
            learnt: models.unet.functions.learnt,
            ...{ sites, residuals, deepChannels },
          },
          vaeEncoder: { network: models.vaeEncoder.memory(), io: ios.vaeEncoder },
          vaeDecoder: {
            network: models.vaeDecoder.memory(),
            io: ios.vaeDecoder,
            recorded: models.vaeDecoder.recordedMemory(),
          },
          text: models.text.map((one, i) => ({ network: one.memory(), io: ios.text[i]! })),
          controlNets: models.controlNets.map((one, i) => ({ network: one.memory(), io: controlIos[i]! })),
        },
        shape,
      );
      return tiles.foretold(foretold, shape);
    },
    tiled,
    tokenize,
    async embed(text, size, onCall) {
      const reading = typeof text === 'string' ? facts.readPrompt(text) : text;
      const encoders = models.text.map(({ functions }, i): EncodeText => {
        if (i > 0) return functions;
        return async (chunk) => {
          calls.textEncoder += 1;
          const made = await functions(chunk);
          onCall?.();
          return made;
        };
      });
      const made = await encodeTogether(encoders, reading);
      if (kind !== 'sdxl') return made;
      if (layout.zeroEmptyPrompt && reading.prompt.trim() === '') {
        made.hidden.fill(0);
        made.pooled?.fill(0);
      }
      return { ...made, timeIds: timeIds(size) };
    },
    encode(rgb, width, height) {
      calls.vaeEncoder += 1;
      const inTiles = tiles.encode({ width: width / factor, height: height / factor });
      if (inTiles) tiled.encode += 1;
      return models.vaeEncoder.functions(rgb, width, height, space, inTiles);
    },
    decode(latent, shape, how) {
      calls.vaeDecoder += 1;
      const inTiles = tiles.decode(shape, how);
      if (inTiles) tiled.decode += 1;
      return models.vaeDecoder.functions.decode(latent, shape, space, inTiles);
    },
    recordPicture(latent, shape) {
      calls.vaeDecoder += 1;
      return models.vaeDecoder.functions.record(latent, shape, space);
    },
    checkFollowed(shape) {
      const { followed, learnt } = models.unet;
      const by = options.gradients ?? [];
      if (followed && by.length > 0)
        checkFollowedUnet({ ...followed, io: ios.unet, sites, learnt: learnt?.inputs ?? [] }, shape, by);
      if (models.vaeDecoder.followed)
        checkFollowedDecoder({ ...models.vaeDecoder.followed, io: ios.vaeDecoder }, shape);
    },
    async readyTiles(shape) {
      const { encode, decode } = tiles.of(shape);
      if (encode) await models.vaeEncoder.readyTiles();
      if (decode) await models.vaeDecoder.readyTiles();
    },
    predict(shape, onLess) {
      checkShape(shape);
      return models.unet.functions.predict(shape, counted, nets, onLess);
    },
    record(shape) {
      checkShape(shape);
      const { record } = models.unet.functions;
      assert(record, 'the bundle was opened for gradients');
      return record(shape, counted, nets);
    },
    async open(part) {
      for (const model of modelsOf(part)) await model.open();
    },
    async release(part) {
      if (part === 'vaeDecoder') tiles.forget();
      for (const model of modelsOf(part)) await model.release();
    },
    async close() {
      for (const model of Object.values(held).flat()) await model.close();
    },
  };
}
