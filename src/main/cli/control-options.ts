/** ControlNets that options ask for. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../../common/errors.ts';
import { CONDITIONS } from '../../common/settings/controls.ts';

const NUMBERS = ['scale', 'start', 'end', 'low', 'high', 'blur'];
const FILES = ['clip', 'estimator'];
const EXAMPLE = 'Write it as net.safetensors:canny,scale=0.8,end=0.6.';

/**
 * "net.safetensors", or with what it follows: "net.safetensors:depth,scale=0.8,clip=near.mov". A file that is called so comes
 * first. @throws AppError usage naming the option
 */
export function controlsOf(option: string, texts: readonly string[]): object[] {
  return texts.map((text) => controlOf(option, text));
}

function controlOf(option: string, text: string): object {
  // A colon within the name is one: "C:\nets\canny.safetensors".
  const [, path, rest] = (existsSync(text) ? null : /^(.+):([a-z-]+(?:[=,].*)?)$/s.exec(text)) ?? [];
  const control: Record<string, unknown> = { path: resolve(path ?? text) };
  if (rest === undefined) return control;
  // A comma within a value is one, unless a name follows.
  for (const [place, part] of rest.split(/,(?=[a-z]+=)/).entries()) {
    const cut = part.indexOf('=');
    const [name, value] = [part.slice(0, cut), part.slice(cut + 1)];
    if (cut < 0 && place === 0 && (CONDITIONS as readonly string[]).includes(part)) control.condition = part;
    else if (NUMBERS.includes(name)) control[name] = numberOf(option, name, value);
    else if (FILES.includes(name)) control[name] = resolve(value);
    else if (cut < 0) throw usage(`${option} does not know "${part}"`, `Choose ${CONDITIONS.join(', ')}.`);
    else throw usage(`${option} does not know "${name}"`, `There are ${[...NUMBERS, ...FILES].join(', ')}.`);
  }
  return control;
}

function numberOf(option: string, name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw usage(`${option}: ${name} wants a number, not "${text}"`, EXAMPLE);
}

function usage(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'reading the options', hint });
}
