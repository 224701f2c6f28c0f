/** Refuses pictures that the VAE cannot hold, before the first frame. */
import prettyBytes from 'pretty-bytes';
import { AppError } from '../../../common/errors.ts';
import type { LatentShape } from '../diffusion/types.ts';
import type { AskedTiles } from '../models/tiles/choice.ts';
import type { Bundle } from '../models/types.ts';
import type { Provider } from '../onnx/ort.ts';

/** @throws AppError usage where neither the whole picture nor its tiles fit */
export function checkVaeMemory(
  bundle: Pick<Bundle, 'vaeMemory' | 'factor'>,
  of: {
    readonly shape: LatentShape;
    readonly asked: AskedTiles;
    readonly provider: Provider;
    readonly free: number;
  },
): void {
  const { shape, asked, provider, free } = of;
  if (provider !== 'cpu') return;
  const { whole, tiled } = bundle.vaeMemory(shape);
  const least = asked === 'off' ? whole : asked === 'on' ? tiled : Math.min(whole, tiled);
  if (least <= free) return;
  const size = `${shape.width * bundle.factor}×${shape.height * bundle.factor}`;
  const how = asked === 'off' ? 'without tiles' : 'in tiles';
  throw new AppError(
    'usage',
    `encoding and decoding pictures of ${size} takes ${prettyBytes(least)} ${how}, and ${prettyBytes(free)} are free`,
    {
      doing: 'planning the memory',
      hint:
        asked === 'off' && tiled <= free
          ? 'Set the VAE tiles to auto, or choose a smaller size.'
          : 'Choose a smaller size, or close other programs.',
    },
  );
}
