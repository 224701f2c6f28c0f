/** A setting as messages name it, which the window and the terminal show alike: “What to avoid” (negative-prompt). */
import { inTerminal } from './field.ts';
import { SETTINGS } from './settings.ts';

/** @param path "prompts.negative" @throws Error where there is no such setting */
export function settingWord(path: string): string {
  const field = SETTINGS.at(path);
  return `“${field.label}”${inTerminal(field)}`;
}
