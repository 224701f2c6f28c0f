/**
 * Where the network's own parametrisation stops: solvers see only ẑ0 and ε.
 * VP latents z carry √ᾱ of the picture; VE latents x = z/√ᾱ carry all of it.
 */
import { assert } from '../../../common/errors.ts';
import type { Latent, Level, PredictionType } from './types.ts';

export type Form = 'vp' | 've';

/** What a solver steps with, both of the latent's length. */
export interface Denoised {
  /** ẑ0, the predicted clean latent, without noise or scale. */
  readonly denoised: Latent;
  /** ε, the predicted unit noise. */
  readonly eps: Latent;
}

/** The latent as the network wants it: VP as it stands, VE divided by √(σ²+1). */
export function networkInput(form: Form, latent: Latent, level: Level): Latent {
  if (form === 'vp') return latent;
  const scale = 1 / Math.sqrt(level.sigma * level.sigma + 1);
  return latent.map((value) => value * scale);
}

/**
 * Turns the raw output at `latent` into ẑ0 and ε with the ᾱ (VP) or σ (VE) of `level`.
 * v: Salimans & Ho 2022, App. D. `clip` bounds ẑ0 to ±1 and leaves ε alone, as clip_sample of diffusers' DDIM.
 */
export function toDenoised(
  form: Form,
  prediction: PredictionType,
  raw: Latent,
  latent: Latent,
  level: Level,
  clip = false,
): Denoised {
  assert(raw.length === latent.length, 'the network answers with a latent of the shape it was given');
  const n = latent.length;
  const denoised = new Float32Array(n);
  const eps = new Float32Array(n);
  const { input: scale, signal, noise } = sharesAt(form, level);
  for (let i = 0; i < n; i++) {
    const out = raw[i]!;
    const z = latent[i]! * scale;
    if (prediction === 'epsilon') {
      denoised[i] = (z - noise * out) / signal;
      eps[i] = out;
    } else if (prediction === 'v_prediction') {
      denoised[i] = signal * z - noise * out;
      eps[i] = signal * out + noise * z;
    } else {
      denoised[i] = out;
      eps[i] = (z - signal * out) / noise;
    }
    if (clip) denoised[i] = Math.min(1, Math.max(-1, denoised[i]!));
  }
  return { denoised, eps };
}

/**
 * How ẑ0 depends on what it is made of, where it is not clipped: ∂ẑ0/∂latent with the raw output held, and ∂ẑ0/∂raw. The raw output
 * itself depends on the latent by `input`, the scale of `networkInput`.
 */
export function slopeOfDenoised(
  form: Form,
  prediction: PredictionType,
  level: Level,
): { readonly latent: number; readonly raw: number; readonly input: number } {
  const { input, signal, noise } = sharesAt(form, level);
  if (prediction === 'epsilon') return { latent: input / signal, raw: -noise / signal, input };
  if (prediction === 'v_prediction') return { latent: input * signal, raw: -noise, input };
  return { latent: 0, raw: 1, input };
}

/** Shares of the picture and of the noise in what the network sees, and its scale: in VE form it sees z = x/√(σ²+1), whose ᾱ is 1/(σ²+1). */
function sharesAt(form: Form, { alphaBar, sigma }: Level) {
  if (form === 'vp') return { input: 1, signal: Math.sqrt(alphaBar), noise: Math.sqrt(1 - alphaBar) };
  const input = 1 / Math.sqrt(sigma * sigma + 1);
  return { input, signal: input, noise: sigma * input };
}

/** The unit noise that takes `denoised` to `latent` at this level; the level must carry noise. */
export function noiseBetween(form: Form, latent: Latent, denoised: Latent, level: Level): Latent {
  const signal = form === 'vp' ? Math.sqrt(level.alphaBar) : 1;
  const noise = form === 'vp' ? Math.sqrt(1 - level.alphaBar) : level.sigma;
  return latent.map((value, i) => (value - signal * denoised[i]!) / noise);
}

/** Clean latent plus unit noise, standing at this level: √ᾱ·z0 + √(1-ᾱ)·ε in VP form, z0 + σ·ε in VE form. */
export function addNoise(form: Form, clean: Latent, noise: Latent, level: Level): Latent {
  const signal = form === 'vp' ? Math.sqrt(level.alphaBar) : 1;
  const amount = form === 'vp' ? Math.sqrt(1 - level.alphaBar) : level.sigma;
  return clean.map((value, i) => signal * value + amount * noise[i]!);
}

/** The forward process (DDPM) from one level to a noisier one: √r·z + √(1-r)·ε with r = ᾱ'/ᾱ in VP form, x + √(σ'²-σ²)·ε in VE form. */
export function noiseFurther(form: Form, latent: Latent, noise: Latent, from: Level, to: Level): Latent {
  const left = to.alphaBar / from.alphaBar;
  const signal = form === 'vp' ? Math.sqrt(left) : 1;
  const amount = Math.sqrt(form === 'vp' ? 1 - left : to.sigma ** 2 - from.sigma ** 2);
  return latent.map((value, i) => signal * value + amount * noise[i]!);
}

/** Pure unit noise scaled to stand at this level: ε in VP form, √(σ²+1)·ε in VE form, whose first level holds a trace of signal. */
export function pureNoise(form: Form, noise: Latent, level: Level): Latent {
  if (form === 'vp') return noise;
  const scale = Math.sqrt(level.sigma * level.sigma + 1);
  return noise.map((value) => value * scale);
}
