/** A mask as a veil of colour over the picture: the more is edited, the denser. */
import { useEffect, useRef } from 'react';
import type { Size } from '../../../common/masks/grid.ts';
import { token } from '../../ui/token.ts';
import styles from './Veil.module.css';

/** Shares of the edit per pixel (h, w), 0..1. */
export interface Shares extends Size {
  readonly data: ArrayLike<number>;
  /** What `data` counts as a whole: 1, or 255 of bytes. */
  readonly whole: number;
}

/** The densest that the veil becomes: the picture is still to be seen. */
const DENSEST = 0.55;
const EDGE = [255, 255, 255, 190] as const;

/** Cells of at least half whose neighbour above, below, left or right is less than half. */
function* edgeOf({ width, height, data, whole }: Shares): Generator<number> {
  const isIn = (at: number) => 2 * data[at]! >= whole;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (!isIn(at)) continue;
      const isInside =
        (x === 0 || isIn(at - 1)) &&
        (x === width - 1 || isIn(at + 1)) &&
        (y === 0 || isIn(at - width)) &&
        (y === height - 1 || isIn(at + width));
      if (!isInside) yield at;
    }
  }
}

interface Props {
  readonly shares: Shares;
  readonly colour: 'mask' | 'keep';
  readonly label: string;
}

const COLOURS = { mask: '--mask', keep: '--kept' } as const;

/** Red, green and blue of a token that is written as six digits. */
function partsOf(name: string): readonly [number, number, number] {
  const number = Number.parseInt(token(name).slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

export function Veil({ shares, colour, label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const { width, height, data, whole } = shares;
    const image = new ImageData(width, height);
    const [red, green, blue] = partsOf(COLOURS[colour]);
    const denser = (255 * DENSEST) / whole;
    for (let at = 0; at < width * height; at++) {
      image.data[4 * at] = red;
      image.data[4 * at + 1] = green;
      image.data[4 * at + 2] = blue;
      image.data[4 * at + 3] = data[at]! * denser;
    }
    // Where it ends is seen on a picture of its own colour too.
    for (const at of edgeOf(shares)) image.data.set(EDGE, 4 * at);
    context.putImageData(image, 0, 0);
  }, [shares, colour]);
  return (
    <canvas
      ref={canvas}
      className={styles.veil}
      width={shares.width}
      height={shares.height}
      role="img"
      aria-label={label}
    />
  );
}
