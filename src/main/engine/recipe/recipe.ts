/**
 * What a render is made of: derived things, and the runs that need them. A plan counts what of it the store lacks, a render
 * makes that, and a preview is the recipe of one frame. Long, since every derived thing has its place in the order here and nowhere else.
 */
import { assert } from '../../../common/errors.ts';
import type { ClipInfo, FrameRange } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Learning } from '../diffusion/learn.ts';
import type { Conditioning } from '../diffusion/types.ts';
import { RECORDED_UNITS } from '../diffusion/work.ts';
import { type DepthBy, estimatedDepth, estimatorFit, givenDepth } from '../make/depth.ts';
import type { Check, Derived } from '../make/derived.ts';
import { flowNetworkOf, flowOf } from '../make/flow.ts';
import { checkOf, type InversionOf, inversionCalls, inversionOf } from '../make/inversion.ts';
import { latentsOf } from '../make/latents.ts';
import { linksOf } from '../make/links.ts';
import { framesToFollow, type MaskOfFrame, Masks } from '../make/mask.ts';
import { type Led, nullTextCalls, nullTextOf } from '../make/null-text.ts';
import { Pictures } from '../make/pictures.ts';
import { segmentsOf } from '../make/segments.ts';
import type { ShotOf } from '../make/shot.ts';
import { noSurroundings, surroundingsOf } from '../make/surroundings.ts';
import type { Calls } from '../make/tally.ts';
import { readingOf, textOf } from '../make/text.ts';
import { trajectoryOf } from '../make/trajectory.ts';
import { type TunedWeights, tunedOf } from '../make/tuned.ts';
import { type Need, wantsInversion } from '../methods/have.ts';
import type { Segmenter } from '../models/segmenter.ts';
import { Followed } from './followed.ts';
import type { Guides } from './guides.ts';
import { wayOf } from './hold.ts';
import { notedStructure, type Structure, structureOf } from './structure.ts';
import { samplingTexts } from './texts.ts';

export interface RecipeOf extends Guides {
  readonly shot: ShotOf;
  readonly range: FrameRange;
  readonly needs: readonly Need[];
  /** Frames of the range (0-based) that the runs look at; all unless said. */
  readonly touched?: ReadonlySet<number> | null;
  /** Networks of the mask, by part. */
  readonly segmenters: ReadonlyMap<string, Segmenter>;
  /** How the network learns the shot first, and which frames that are; null where it does not. */
  readonly learning: Learning | null;
  readonly learnt: FrameRange;
  /** Where digests of pictures are remembered; null where the disk has no room for one. */
  readonly store: ArtefactStore | null;
  readonly signal?: AbortSignal | undefined;
}

/** What a frame has to have before the runs. */
export interface RecipeFrame {
  readonly index: number;
  /** In the order in which they are made. */
  readonly wanted: readonly Derived<Tensor>[];
  readonly inversion: Derived<Tensor> | null;
  readonly clean: Derived<Tensor>;
  /** For a kept inversion that was never checked. */
  readonly check: Check<Tensor> | null;
  /** Where texts are tuned, of the frame that is checked: what the source prompt makes of it at full guidance without. */
  readonly untuned: Derived<Tensor> | null;
  /** Its way, where it shares tuned texts with others. */
  readonly led: Led | null;
}

/** Frames of the clip. */
interface Way {
  readonly from: number;
  readonly to: number;
}

export class Recipe implements AsyncDisposable {
  #of: RecipeOf;
  /** What is to be learnt is not yet, so nothing that the network makes has a name. */
  #unlearnt = false;
  readonly #opened: { rest(): Promise<void> }[] = [];
  /** Those that are read, by the name of the reading: two of them may be the same. */
  readonly texts: ReadonlyMap<string, Derived<Conditioning>>;

  constructor(of: RecipeOf) {
    this.#of = of;
    const { settings } = of.shot;
    const { source, target } = settings.prompts;
    // Frames are inverted and learnt under one prompt by itself, a painted one under that of the take.
    const alone = [
      ...(this.inverts || of.learning ? [source] : []),
      ...(of.painted.size > 0 ? [target] : []),
    ];
    const sampling = samplingTexts({ ...of.shot, needs: of.needs });
    const readings = [
      ...alone.map((prompt) => readingOf(of.shot, prompt)),
      ...(sampling.source ? [sampling.source] : []),
      ...sampling.branches,
    ];
    this.texts = new Map(readings.map((reading) => [reading.name, textOf(of.shot, reading)]));
  }

  /** The same for some frames of the clip alone: others are not looked at, but where a mask is carried across them. */
  part({ start, end }: FrameRange): Recipe {
    const { range, touched } = this.#of;
    const inside = Array.from({ length: end - start }, (_, i) => start - range.start + i);
    const part = new Recipe({ ...this.#of, touched: new Set(inside.filter((i) => touched?.has(i) ?? true)) });
    this.#opened.push(part);
    return part;
  }

  get inverts(): boolean {
    return wantsInversion(this.#of.needs);
  }

  /** Whether each frame can be inverted by itself, nothing being known of the others: no depth is scaled, nothing learnt or carried before. */
  get invertsApart(): boolean {
    const { shot, range, learning, depth, inpainted } = this.#of;
    const { mask } = shot.settings.guide;
    const isCarried = inpainted === 'mask' && mask !== null && framesToFollow(mask, range) !== null;
    return this.inverts && learning === null && depth === null && !isCarried;
  }

  /** Whether empty prompts are tuned: one for all frames, and in how many steps each; null where they are as they are. */
  get nullText(): { readonly shared: boolean; readonly inner: number } | null {
    const { shot, needs } = this.#of;
    const { nullText, nullTextSteps: inner } = shot.settings.inversion;
    return needs.includes('nullText') ? { shared: nullText === 'shared', inner } : null;
  }

  /** Work of making a frame that has to be made altogether, with its share of what frames have together, in the units of progress. */
  unitsOf(index: number): number {
    const { shot } = this.#of;
    if (!this.inverts)
      return (this.needsOf(index).includes('clean') ? 1 : 0) + (this.#of.inpainted === null ? 0 : 1);
    const checked = index === shot.settings.guide.anchor;
    const { nullText } = this;
    // Painted frames have a way of another prompt, and share nothing.
    const isAlone = nullText?.shared && this.#of.painted.has(index);
    const tuned = nullText && !isAlone ? this.unitsIn(nullTextCalls(shot, 1, nullText.inner)) : 0;
    const untuned =
      nullText && checked && !this.#of.painted.has(index) ? this.unitsIn(nullTextCalls(shot, 1, 0)) : 0;
    return this.unitsIn(inversionCalls(shot, checked)) + tuned + untuned;
  }

  /** Progress is told in UNet calls, or where there are none, in frames. */
  unitsIn({ invert = 0, check = 0, encode = 0, nullText = 0, nullTextBack = 0 }: Calls): number {
    return this.inverts ? invert + check + nullText + RECORDED_UNITS * nullTextBack : encode;
  }

  /** The texts that frames share, once the way of each is known; null where none are shared. @param led of `frames` */
  sharedText(led: readonly Led[]): Derived<Tensor> | null {
    const { nullText } = this;
    return nullText?.shared && led.length > 0 ? this.#tuned(led, nullText.inner) : null;
  }

  #tuned(led: readonly Led[], inner: number): Derived<Tensor> {
    const { shot, needs, painted } = this.#of;
    const { source, branches } = samplingTexts({ ...shot, needs });
    const [empty, target] = branches;
    assert(source && empty && target, 'tuned texts stand in for the first of two branches');
    const checked = led.findIndex(({ of }) => of.checked);
    const isPainted = led.length === 1 && painted.has(led[0]!.of.frame.index);
    return nullTextOf(shot, {
      ...{ led, empty, inner, source: isPainted ? target : source },
      checked: checked < 0 ? null : checked,
    });
  }

  /** Whether the network takes depth. */
  get takesDepth(): boolean {
    return this.#of.depth !== null;
  }

  /** Depth of each frame, not scaled yet; none where the network takes none. Pictures are decoded where their digests are unknown. */
  async *depths(): AsyncGenerator<Derived<Tensor>> {
    const { depth, shot, range } = this.#of;
    if (depth === null) return;
    const seen = depth.source === 'estimator' ? estimatorFit(shot.fit, depth.size) : null;
    const clip = depth.source === 'estimator' ? shot.clip : depth.clip;
    const fit = seen ?? { ...shot.fit, sourceWidth: clip.width, sourceHeight: clip.height };
    const by: DepthBy = {
      digest: shot.model.digests.depthEstimator ?? '',
      estimate: (...picture) => shot.networks().bundle.depth!.estimate(...picture),
    };
    const pictures = this.#open(clip, fit);
    for (let index = range.start; index < range.end; index++) {
      const frame = await pictures.frame(index);
      yield seen ? estimatedDepth(shot, by, seen, frame) : givenDepth(shot, frame);
    }
    await pictures.rest();
  }

  /** ControlNets that do something, in the order of their settings. */
  get controls(): RecipeOf['controls'] {
    return this.#of.controls;
  }

  /** What they follow. */
  get followed(): Followed {
    const { shot, range } = this.#of;
    return new Followed(shot, range, (...clip) => this.#open(...clip));
  }

  /** What scaled maps hash to, where that was noted before. @param depths of `depths`, in order */
  notedStructure(depths: readonly Derived<Tensor>[]): Structure | null {
    return notedStructure(this.#of.store, depths);
  }

  /** @param maps of `depths`, in order; they are scaled in place */
  structureOf(depths: readonly Derived<Tensor>[], maps: readonly Float32Array[]): Structure {
    return structureOf(this.#of, depths, maps);
  }

  /** Frames between whose neighbours motion is asked for: the method's, and those along which a brush is carried; null for none. */
  get moving(): FrameRange | null {
    const { shot, range, needs } = this.#of;
    const { mask } = shot.settings.guide;
    return (mask && framesToFollow(mask, range)) ?? (needs.includes('flow') ? range : null);
  }

  /** What the network learns on the shot; null where it learns nothing. @param structure as that of `frames` */
  async tuned(structure: Structure | 'unknown' | null): Promise<Derived<TunedWeights> | null> {
    const { shot, learning, inpainted } = this.#of;
    if (!learning) return null;
    // Depth is scaled over the frames that are rendered, and known of no others.
    const range = structure === null ? this.#of.learnt : this.#of.range;
    const pictures = this.#open(shot.clip, shot.fit, range.end);
    const clean: Derived<Tensor>[] = [];
    for (let index = range.start; index < range.end; index++)
      clean.push(latentsOf(shot, await pictures.frame(index)));
    // Whatever the mask, the whole clip is learnt.
    const surroundings = inpainted === null ? null : clean.map(({ frame }) => noSurroundings(shot, frame!));
    const source = readingOf(shot, shot.settings.prompts.source);
    return tunedOf(shot, { learning, clean, structure, surroundings, source });
  }

  /** From now on frames are those of the network that has learnt. @param digest of what it has; null where it has yet to */
  learnt(digest: string | null): void {
    const { shot } = this.#of;
    this.#unlearnt = digest === null;
    if (digest === null) return;
    const { model } = shot;
    const digests = { ...model.digests, unet: keyOf('tuned', 0, { unet: model.digests.unet, digest }) };
    this.#of = { ...this.#of, shot: { ...shot, model: { ...model, digests } } };
  }

  /** How many motions that is. */
  get ways(): number {
    const { moving } = this;
    if (!moving) return 0;
    const firsts = Array.from({ length: moving.end - moving.start - 1 }, (_, i) => moving.start + i);
    return 2 * firsts.filter((one) => this.#isTouched(one) && this.#isTouched(one + 1)).length;
  }

  /** How the picture moves between neighbours, pair by pair, there and back; none where nothing wants it. */
  async *flows(): AsyncGenerator<Derived<Tensor> & Way> {
    const { shot } = this.#of;
    const { moving } = this;
    if (!moving) return;
    const network = flowNetworkOf(shot);
    const pictures = this.#open(shot.clip, shot.fit, moving.end);
    for (let index = moving.start + 1; index < moving.end; index++) {
      if (!this.#isTouched(index - 1) || !this.#isTouched(index)) continue;
      const before = await pictures.frame(index - 1);
      const frame = await pictures.frame(index);
      yield { ...flowOf(shot, network, before, frame), from: before.index, to: index };
      yield { ...flowOf(shot, network, frame, before), from: index, to: before.index };
    }
    await pictures.rest();
  }

  /** Where each frame is edited; none where it is everywhere. Motion is made before. */
  async *masks(): AsyncGenerator<MaskOfFrame> {
    const { shot, range, mattes, segmenters, store, signal } = this.#of;
    const { mask } = shot.settings.guide;
    if (!mask) return;
    const pictures = this.#open(shot.clip, shot.fit, this.moving?.end);
    const link = linksOf({ shot, network: flowNetworkOf(shot), pictures, store, signal });
    const picture = (frame: number) => pictures.rgb(frame);
    const segment = segmentsOf({ shot, pictures, segmenters });
    const masks = new Masks({ shot, mask, mattes, link, picture, segment, signal });
    try {
      for (let index = range.start; index < range.end; index++) yield await masks.frame(index);
    } finally {
      await masks.rest();
      await pictures.rest();
    }
  }

  /** Frame by frame, in order. @param structure null where the network takes none, 'unknown' where depth is not made yet */
  async *frames(known: Structure | 'unknown' | null): AsyncGenerator<RecipeFrame> {
    const structure = this.#unlearnt ? 'unknown' : known;
    const { range, inpainted } = this.#of;
    const pictures = this.#open(this.#of.shot.clip, this.#of.shot.fit);
    const masks = inpainted === 'mask' ? this.masks() : null;
    // Of a painted frame too it is the clip that is around the mask.
    const around = async (
      index: number,
      masked: IteratorResult<MaskOfFrame> | undefined,
    ): Promise<Derived<Tensor> | null> => {
      if (inpainted === null) return null;
      if (!masked) return noSurroundings(this.#of.shot, index);
      assert(!masked.done, 'every frame has a mask');
      return surroundingsOf(this.#of.shot, await pictures.frame(index), masked.value.mask);
    };
    for (let index = range.start; index < range.end; index++) {
      // Those of frames that are passed over have their turn too.
      const masked = await masks?.next();
      if (!this.#isTouched(index)) continue;
      const needs = this.needsOf(index);
      const painted = await this.#painted(index);
      const shot = painted?.shot ?? this.#of.shot;
      const frame = painted?.frame ?? (await pictures.frame(index));
      const clean = latentsOf(shot, frame);
      const place = index - range.start;
      const surroundings = await around(index, masked);
      const of: InversionOf = {
        frame,
        clean,
        surroundings,
        checked: index === shot.settings.guide.anchor,
        structure:
          structure === null || structure === 'unknown'
            ? structure
            : { digest: structure.digests[place]!, map: structure.maps?.[place] },
      };
      const { nullText } = this;
      const led = needs.includes('trajectory') || nullText !== null;
      const trajectory = led ? trajectoryOf(shot, of) : null;
      const inversion = this.inverts ? inversionOf(shot, of, trajectory) : null;
      yield {
        index,
        inversion,
        clean,
        check: inversion && of.checked ? checkOf(shot, of, inversion) : null,
        // What a frame is inverted with before it; the way before the noise at its end: that is a part of it.
        wanted: [
          ...[surroundings, trajectory, inversion, needs.includes('clean') ? clean : null],
          nullText && !nullText.shared
            ? this.#tuned([{ of, trajectory: trajectory! }], nullText.inner)
            : null,
        ].filter((one) => one !== null),
        untuned:
          nullText && of.checked && !painted ? this.#tuned([{ of, trajectory: trajectory! }], 0) : null,
        led: trajectory && !painted ? { of, trajectory } : null,
      };
      await painted?.rest();
    }
    await masks?.return(undefined);
    await pictures.rest();
  }

  /** Those of every frame, and what a painted one is held by. */
  needsOf(index: number): readonly Need[] {
    const { needs, painted } = this.#of;
    if (!this.#isTouched(index)) return [];
    return painted.has(index) ? [...needs, ...wayOf(needs)] : needs;
  }

  #isTouched(index: number): boolean {
    const { touched, range } = this.#of;
    return touched?.has(index - range.start) ?? true;
  }

  /** A picture that stands for a frame shows what the take shall show, so its way is the target prompt's. */
  async #painted(index: number) {
    const { shot, painted } = this.#of;
    const found = painted.get(index);
    if (!found) return null;
    const { file, at } = found;
    const fit = { ...shot.fit, sourceWidth: file.width, sourceHeight: file.height };
    const pictures = this.#open(file, fit, at + 1);
    const { pixels } = await pictures.frame(at);
    const { settings } = shot;
    const prompts = { ...settings.prompts, source: settings.prompts.target };
    return {
      shot: { ...shot, settings: { ...settings, prompts } },
      frame: { index, pixels, rgb: () => pictures.rgb(at) },
      rest: () => pictures.rest(),
    };
  }

  /** The clip's own pictures on the canvas (RGB8), in order and one at a time. */
  async *originals(): AsyncGenerator<Uint8Array> {
    const { shot, range } = this.#of;
    const pictures = this.#open(shot.clip, shot.fit);
    for (let index = range.start; index < range.end; index++) yield await pictures.rgb(index);
    await pictures.rest();
  }

  /** Ends reading, and keeps what was learned of pictures. */
  async rest(): Promise<void> {
    for (const opened of this.#opened) await opened.rest();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rest();
  }

  #open(clip: ClipInfo, fit: ShotOf['fit'], end = this.#of.range.end): Pictures {
    const { store, signal } = this.#of;
    const pictures = new Pictures({ clip, fit, end, store, signal });
    this.#opened.push(pictures);
    return pictures;
  }
}
