/** The picture between two others, along the motion. */
import { type Flow, toGrid } from './flow.ts';
import { warp } from './warp.ts';

/** From the picture that is wanted to one that is there, on any grid over the picture. */
export interface Sight {
  readonly flow: Flow;
  /** (height, width) of the flow: 1 where the place is hidden there. */
  readonly hidden: Float32Array;
  /** (height, width), 0..1: how far the flow can be relied on. */
  readonly confidence: Float32Array;
}

interface There {
  /** Interleaved RGB (height·width·3). */
  readonly picture: Float32Array;
  readonly sight: Sight;
}

/** So that the two are averaged where nothing is known of either. */
const LEAST = 1e-3;

/** Both pictures as they look from the one between, each counting by how surely it is seen. @returns interleaved RGB */
export function between(before: There, after: There, width: number, height: number): Float32Array {
  const [a, b] = [before, after].map(({ picture, sight }) => ({
    planes: warp(planesOf(picture), toGrid(sight.flow, width, height)),
    weights: weightsOn(sight, width, height),
  }));
  const area = width * height;
  return before.picture.map((_, i) => {
    const [at, k] = [Math.floor(i / 3), (i % 3) * area + Math.floor(i / 3)];
    const [wa, wb] = [a!.weights[at]!, b!.weights[at]!];
    return (wa * a!.planes[k]! + wb * b!.planes[k]!) / (wa + wb);
  });
}

function planesOf(picture: Float32Array): Float32Array {
  const area = picture.length / 3;
  return picture.map((_, i) => picture[3 * (i % area) + Math.floor(i / area)]!);
}

/** Of the cell that each pixel lies in. */
function weightsOn({ flow, hidden, confidence }: Sight, width: number, height: number): Float32Array {
  return Float32Array.from({ length: width * height }, (_, i) => {
    const x = Math.floor((((i % width) + 0.5) * flow.width) / width);
    const y = Math.floor(((Math.floor(i / width) + 0.5) * flow.height) / height);
    const cell = y * flow.width + x;
    return (1 - hidden[cell]!) * confidence[cell]! + LEAST;
  });
}
