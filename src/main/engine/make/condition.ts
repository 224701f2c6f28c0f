/** What ControlNets follow: edges of a frame, its depth, or a clip of the artist's; on the canvas, whose padding is black. */
import type { Fit } from '../../../common/media.ts';
import type { Control } from '../../../common/settings/controls.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { canny } from '../conditions/canny.ts';
import { softEdges } from '../conditions/soft-edges.ts';
import { cutContent } from '../media/fit.ts';
import type { Derived } from './derived.ts';
import { type FrameOf, namesOf, type PicturesShot } from './shot.ts';

/** Raise when the same picture gives other edges. */
const VERSION = 1;

/** Bytes (h, w) of the canvas. @param frame on the canvas */
export function edgesOf(
  shot: PicturesShot,
  { condition, low, high, blur }: Pick<Control, 'condition' | 'low' | 'high' | 'blur'>,
  { index, pixels, rgb }: FrameOf,
): Derived<Uint8Array> {
  const { width, height, left, top, contentWidth, contentHeight } = shot.fit;
  const by = condition === 'canny' ? { canny: [low, high, blur] } : { edges: 'soft' };
  return {
    kind: kinds.condition,
    frame: index,
    key: keyOf('condition', VERSION, {
      ...{ pixels, canvas: [width, height, left, top, contentWidth, contentHeight] },
      ...by,
    }),
    names: namesOf(shot, `frame ${index}`, {
      settings:
        condition === 'canny'
          ? `Canny ${low} to ${high}, ${width}×${height}`
          : `soft edges, ${width}×${height}`,
    }),
    calls: {},
    needs: [],
    async make() {
      const content = cutContent(await rgb(), shot.fit);
      const size = [contentWidth, contentHeight] as const;
      const edges =
        condition === 'canny' ? canny(content, ...size, { low, high, blur }) : softEdges(content, ...size);
      return { value: onBlack(edges, shot.fit) };
    },
  };
}

/** The content on a black canvas. @param content bytes (h, w, c) of the fit's content */
export function onBlack(content: Uint8Array, fit: Fit): Uint8Array {
  const { width, height, left, top, contentWidth, contentHeight } = fit;
  if (contentWidth === width && contentHeight === height) return content;
  const channels = content.length / (contentWidth * contentHeight);
  const canvas = new Uint8Array(width * height * channels);
  const line = contentWidth * channels;
  for (let y = 0; y < contentHeight; y++)
    canvas.set(content.subarray(y * line, (y + 1) * line), ((top + y) * width + left) * channels);
  return canvas;
}

/** A picture of the canvas (h, w, c) with its padding black, in one channel where it is grey throughout. */
export function withoutPadding(canvas: Uint8Array, fit: Fit): Uint8Array {
  const content = cutContent(canvas, fit);
  return onBlack(isGrey(content) ? content.filter((_, i) => i % 3 === 0) : content, fit);
}

/** Brightness of a picture of the canvas without its padding: (content height, content width), 0..255. */
export function brightnessOf(canvas: Uint8Array, fit: Fit): Float32Array {
  const content = cutContent(canvas, fit);
  return Float32Array.from({ length: content.length / 3 }, (_, i) => {
    return (content[3 * i]! + content[3 * i + 1]! + content[3 * i + 2]!) / 3;
  });
}

function isGrey(rgb: Uint8Array): boolean {
  for (let i = 0; i < rgb.length; i += 3) if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return false;
  return true;
}
