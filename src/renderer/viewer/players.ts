/** The one player on the page, for panels beside the viewer that measure its picture. */
import type { Player } from './player.ts';

let current: Player | null = null;

export function setPlayer(player: Player | null): void {
  current = player;
}

/** The video element with the picture of the first layer; null where none shows. */
export function currentVideo(): HTMLVideoElement | null {
  return current?.video ?? null;
}
