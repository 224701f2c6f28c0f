/** What a hook is shown of the render: what its run asked for, and nothing else. */
import type { Picture } from '../../../common/plugins/frames-v1.ts';
import type { PluginSeen, Shown, ShownFrame } from '../../../common/plugins/sampling-v1.ts';
import type { Latent, LatentShape } from '../diffusion/types.ts';
import type { Have, Motion } from '../methods/have.ts';

export interface ShownOf {
  readonly shows: readonly Shown[];
  readonly have: Have;
  /** The frame of the shot that a frame of the run is. */
  readonly whose: (frame: number) => number;
  readonly shape: LatentShape;
  /** Place among the shot's levels at which the step ends. */
  readonly ends: number;
  readonly result: (frame: number) => Latent;
}

interface FrameOf {
  /** Of the run. */
  readonly frame: number;
  readonly denoised: Latent;
  /** Where it is shown. */
  readonly latent?: Latent;
  /** Frames of the run to which motion is shown; none for frames that are only read. */
  readonly motionTo?: readonly number[];
}

export async function shownFrame(
  { frame, denoised, latent, motionTo }: FrameOf,
  { shows, have, whose, shape, ends, result }: ShownOf,
): Promise<ShownFrame> {
  const own = whose(frame);
  const wants = (what: Shown) => shows.includes(what);
  return {
    ...{ frame, denoised },
    ...(latent && wants('latent') && { latent }),
    ...(wants('result') && { result: result(own) }),
    ...(wants('inversion') && { inversion: have.inversion(own) }),
    ...(wants('clean') && { clean: have.clean(own) }),
    ...(wants('trajectory') && { trajectory: have.trajectory(own)[ends]! }),
    ...(motionTo && wants('flow') && { flow: motionTo.map((to) => motion(to, have.flow(own, whose(to)))) }),
    ...(wants('mask') && { mask: have.mask(own) }),
    ...(wants('pictures') && { picture: await pictureOf(denoised, shape, have) }),
  };
}

function motion(to: number, { x, y, hidden, confidence }: Motion): NonNullable<PluginSeen['flow']>[number] {
  return { to, x, y, hidden, confidence };
}

async function pictureOf(latent: Latent, { width, height }: LatentShape, have: Have): Promise<Picture> {
  const pixels = await have.pictures.decode(latent);
  // Networks differ in how much smaller latents are.
  const factor = Math.sqrt(pixels.length / 3 / (width * height));
  return {
    ...{ width: width * factor, height: height * factor },
    rgb: new Uint8Array(pixels.map((value) => Math.round(255 * Math.min(1, Math.max(0, value))))),
  };
}
