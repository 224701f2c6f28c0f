/** Whether a VAE can work in tiles, as far as its graphs tell before anything is opened. */
import { NotInBands, unknownNumbers, valuesOf } from '../../onnx/bands/values.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import { isDrawn } from '../../onnx/passes/take-mean.ts';
import { inferShapes } from '../../onnx/shapes/infer.ts';
import type { TiledIo } from '../role.ts';

interface Half {
  readonly graph: { readonly model: Model };
  readonly io: TiledIo;
}

/** Why a VAE cannot; null where nothing speaks against it. */
export function whyNotInTiles({
  vaeEncoder,
  vaeDecoder,
}: Record<'vaeEncoder' | 'vaeDecoder', Half>): string | null {
  const halves = [
    ['encoder', vaeEncoder],
    ['decoder', vaeDecoder],
  ] as const;
  for (const [half, { graph, io }] of halves) {
    const why = whyAloneNotInTiles({ graph, io });
    if (why !== null) return `its ${half}: ${why}`;
  }
  return null;
}

/** The same of one network. */
export function whyAloneNotInTiles({ graph, io }: Half): string | null {
  return sizeFrozen(io) ?? notInBands(graph.model, io);
}

export function sizeFrozen({ fixed }: Pick<TiledIo, 'fixed'>): string | null {
  const isFrozen = Object.values(fixed).some((side) => side !== null && side !== 1);
  return isFrozen ? 'it was exported for one size' : null;
}

function notInBands(model: Model, { input }: TiledIo): string | null {
  const found = inferShapes(model.graph, new Map());
  const numbers = new Map(
    unknownNumbers(model.graph).flatMap((name) => {
      const { values } = found.get(name) ?? {};
      return values ? [[name, values] as const] : [];
    }),
  );
  // What is computed in other ways only the runtime can tell, and noise is taken out of a graph later.
  if (numbers.size < unknownNumbers(model.graph).length || isDrawn(model)) return null;
  try {
    valuesOf(model.graph, input, numbers);
    return null;
  } catch (error) {
    if (error instanceof NotInBands) return error.message;
    throw error;
  }
}
