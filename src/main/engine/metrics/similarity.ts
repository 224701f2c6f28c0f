/** How frames and prompts agree by their embeddings of an image-text model; all embeddings have length one. */
import { assert } from '../../../common/errors.ts';
import { plainWords, type Weighting } from '../../../common/prompts/prompt.ts';
import type { ImageTextScores } from '../../../common/report.ts';
import type { ImageText } from './image-text.ts';

/** All of them over frames that come one by one: no more than two embeddings are held. */
export class ImageTextTally {
  readonly #target: Float32Array;
  readonly #source: Float32Array | null;
  readonly #sums = { frames: 0, target: 0, source: 0, nearer: 0, consecutive: 0 };
  #last: Float32Array | null = null;

  /** @param source null where no source text was given, or it is the target's: nothing can be nearer to either then */
  constructor(target: Float32Array, source: Float32Array | null) {
    this.#target = target;
    this.#source = source;
  }

  see(frame: Float32Array): void {
    const sums = this.#sums;
    const target = dot(frame, this.#target);
    const source = this.#source ? dot(frame, this.#source) : 0;
    sums.frames++;
    sums.target += target;
    sums.source += source;
    if (target > source) sums.nearer++;
    if (this.#last) sums.consecutive += dot(this.#last, frame);
    this.#last = frame;
  }

  /**
   * CLIP-Text (Hessel et al. 2021, unscaled), Tem-Con (CLIP-Image, Esser et al. 2023) and Frame-Acc (Qi et al. 2023), as means
   * over the frames seen, at least one.
   */
  scores(): ImageTextScores {
    const { frames, target, source, nearer, consecutive } = this.#sums;
    assert(frames > 0, 'at least one frame');
    return {
      prompt: target / frames,
      source: this.#source && source / frames,
      consecutive: frames < 2 ? null : consecutive / (frames - 1),
      frameAccuracy: this.#source && nearer / frames,
    };
  }
}

interface Prompts {
  readonly target: string;
  readonly source: string;
  /** How brackets in them are meant: what they stress is measured by its words. */
  readonly weighting: Weighting;
}

/** What a prompt means to the model. @param tell hears of what of it is not read */
export async function embedPrompt(
  model: Pick<ImageText, 'embedText'>,
  { target, weighting }: Pick<Prompts, 'target' | 'weighting'>,
  tell: (cut: string) => void,
): Promise<Float32Array> {
  const { embedding, cut } = await model.embedText(plainWords(target, weighting));
  if (cut !== null) tell(cut);
  return embedding;
}

/** Against both prompts, where there are two that differ. @param tell hears of a prompt that the model reads in part only */
export async function promptTally(
  model: Pick<ImageText, 'name' | 'embedText'>,
  { target, source, weighting }: Prompts,
  tell: (line: string) => void,
): Promise<ImageTextTally> {
  const embed = (target: string) =>
    embedPrompt(model, { target, weighting }, (cut) =>
      tell(`${model.name} measures the prompt without its end: "${cut}"`),
    );
  const comparable = source.trim() !== '' && source !== target;
  return new ImageTextTally(await embed(target), comparable ? await embed(source) : null);
}

export function imageTextScores(
  frames: readonly Float32Array[],
  target: Float32Array,
  source: Float32Array | null,
): ImageTextScores {
  const tally = new ImageTextTally(target, source);
  for (const frame of frames) tally.see(frame);
  return tally.scores();
}

export function dot(a: Float32Array, b: Float32Array): number {
  assert(a.length === b.length, 'embeddings of one model');
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
