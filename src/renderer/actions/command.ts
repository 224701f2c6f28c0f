/** A command is one intent of the artist: a key, a menu entry or a button gives it. */
import type { Change } from '../store/project.ts';

export const GROUPS = [
  'Playback',
  'Move',
  'Edit',
  'Markers',
  'Anchors',
  'Mask',
  'Takes',
  'Clips',
  'View',
  'Project',
] as const;

/** A change to make, and what follows when it is made. */
export interface Intent extends Change {
  readonly after?: () => void;
}

export interface Command {
  /** Stable: key maps of artists refer to it. */
  readonly id: string;
  /** As the key list and menus show it. */
  readonly name: string;
  readonly group: (typeof GROUPS)[number];
  /** Default keys in tinykeys' notation: "KeyJ" is a place on the keyboard, "j" a letter, "$mod" Ctrl or Cmd. */
  readonly keys: readonly string[];
  /** Held keys give it again and again. */
  readonly repeats?: boolean;
  /** Its keys are given it only while this holds, and then before all commands that say nothing here. */
  readonly when?: () => boolean;
  /** Does it, or answers the named change that does. @throws AppError when it cannot be done now */
  run(): Intent | null | undefined | void | Promise<void>;
}
