/** A picture of bytes. */
import { useLayoutEffect, useRef } from 'react';

interface Props {
  /** RGBA, width·height·4. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** What it shows; absent where the words beside it say so. */
  readonly label?: string;
}

export function Pixels({ pixels, width, height, label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    // A copy: pixels may be a view of a larger buffer, and ImageData wants its own.
    const image = new ImageData(new Uint8ClampedArray(pixels), width, height);
    canvas.current?.getContext('2d')?.putImageData(image, 0, 0);
  }, [pixels, width, height]);
  const named = label === undefined ? {} : { role: 'img', 'aria-label': label };
  return <canvas ref={canvas} width={width} height={height} {...named} />;
}
