/** Whether the VAE works in tiles. Results are equal but for rounding, so what is kept says which it was. */
import { totalmem } from 'node:os';
import type { Provider } from '../../onnx/ort.ts';

/** As it is asked for; auto: where the whole picture is too much for memory. */
export type AskedTiles = 'auto' | 'on' | 'off';

/** Share of this machine's memory that the VAE may take without tiles. */
const SHARE = 0.5;

export interface TilesChoice {
  readonly asked: AskedTiles;
  /** Bytes that the whole picture takes at once. */
  readonly whole: number;
  readonly provider: string;
  /** Why it cannot, or null. */
  readonly untiled: string | null;
}

/**
 * By what the machine has, not by what is free just then: what depends on it is found again. On graphics cards nobody knows.
 * @param total bytes of memory
 */
export function alwaysInTiles(
  { asked, whole, provider, untiled }: TilesChoice,
  total: number = machineMemory(),
): boolean {
  if (asked !== 'auto') return asked === 'on';
  return untiled === null && provider === ('cpu' satisfies Provider) && whole > SHARE * total;
}

/** For what is not kept: also where the whole does not fit into what is free. */
export function inTilesNow(choice: TilesChoice, free: number, total: number = machineMemory()): boolean {
  if (alwaysInTiles(choice, total)) return true;
  const { asked, whole, provider, untiled } = choice;
  return asked === 'auto' && untiled === null && provider === 'cpu' && whole > free;
}

function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
