/** Settings for tests of other things, which need not know in which group each lies. */
import { groupsOfFlat } from '../../src/common/settings/flat.ts';
import {
  type EditRequest,
  type EditSettings,
  parseSettings,
  SETTINGS,
  type ShotSettings,
} from '../../src/common/settings/settings.ts';

/** By the names they had before there were groups: { steps: 3, prompt: 'a red car', out: 'take.mov' }. */
export type Short = Readonly<Record<string, unknown>>;

export function inGroups<T = EditRequest>(short: Short): T {
  return groupsOfFlat(short) as T;
}

/** A whole request, checked and completed. */
export function settingsWith(short: Short): EditSettings {
  return parseSettings(inGroups(short));
}

/** Settings of a shot. */
export function shotWith(short: Short): ShotSettings {
  return SETTINGS.shot.parse(inGroups(short));
}

export const settings = settingsWith({
  clip: 'a clip 🚙.mp4',
  bundle: 'tiny',
  out: 'take.mov',
  sourcePrompt: 'a jeep',
  prompt: 'a red car\nin the snow',
  params: { w: [0.1, 0.5], self: true },
});
