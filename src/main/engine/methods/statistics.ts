/**
 * What a latent looks like wherever things stand in it: the mean and the covariance of its channels. To match them is to match
 * distributions (Li et al. 2017, Demystifying Neural Style Transfer); Huang and Belongie 2017 match mean and variance.
 */
import type { Latent } from '../diffusion/types.ts';

export interface Statistics {
  /** (channels) */
  readonly mean: Float64Array;
  /** (channels, channels), symmetric. */
  readonly covariance: Float64Array;
}

/** Latents are about as large as unit noise, so a picture of one colour is measured by this instead of its own variance. */
const LEAST_VARIANCE = 1;

/** Over all places of all latents, which need not be of one size. @param channels of each */
export function statisticsOf(latents: readonly Latent[], channels: number): Statistics {
  const mean = new Float64Array(channels);
  const covariance = new Float64Array(channels * channels);
  let places = 0;
  for (const latent of latents) {
    const area = latent.length / channels;
    places += area;
    for (let c = 0; c < channels; c++) for (let i = 0; i < area; i++) mean[c]! += latent[c * area + i]!;
  }
  for (let c = 0; c < channels; c++) mean[c]! /= places;
  for (const latent of latents) {
    const area = latent.length / channels;
    for (let a = 0; a < channels; a++) {
      for (let b = 0; b < channels; b++) {
        let sum = 0;
        for (let i = 0; i < area; i++)
          sum += (latent[a * area + i]! - mean[a]!) * (latent[b * area + i]! - mean[b]!);
        covariance[a * channels + b]! += sum / places;
      }
    }
  }
  return { mean, covariance };
}

/**
 * The distance ½‖μ - μ*‖² + ¼‖Σ - Σ*‖² / s with s = max(tr Σ*, 1), and its gradient by the latent times the number of its places:
 * (μ - μ*) + (Σ - Σ*)(z - μ) / s at each place. A step of 1 against it makes the means equal, and none of up to 1 goes too far.
 */
export function statisticsSlope(
  latent: Latent,
  target: Statistics,
): { readonly distance: number; readonly gradient: Latent } {
  const channels = target.mean.length;
  const area = latent.length / channels;
  const { mean, covariance } = statisticsOf([latent], channels);
  let trace = 0;
  for (let c = 0; c < channels; c++) trace += target.covariance[c * channels + c]!;
  const scale = Math.max(trace, LEAST_VARIANCE);
  const off = mean.map((value, c) => value - target.mean[c]!);
  const tilt = covariance.map((value, i) => (value - target.covariance[i]!) / scale);
  let distance = 0;
  for (const value of off) distance += (value * value) / 2;
  for (const value of tilt) distance += (value * value * scale) / 4;
  const gradient = new Float32Array(latent.length);
  for (let a = 0; a < channels; a++) {
    for (let i = 0; i < area; i++) {
      let sum = off[a]!;
      for (let b = 0; b < channels; b++) sum += tilt[a * channels + b]! * (latent[b * area + i]! - mean[b]!);
      gradient[a * area + i] = sum;
    }
  }
  return { distance, gradient };
}
