/** A setting as messages name it, which the window and the terminal show alike: “What to avoid” (negative-prompt). */
import { isSameWord } from './field.ts';
import { SETTINGS } from './settings.ts';

/** @param path "prompts.negative" @throws Error where there is no such setting */
export function settingWord(path: string): string {
  const { label, flags } = SETTINGS.at(path);
  const [flag] = flags;
  const also = flag && !isSameWord(label, flag.name) ? ` (${flag.name})` : '';
  return `“${label}”${also}`;
}
