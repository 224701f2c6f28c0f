/** The options of `retake edit`, made from the settings, and how they become an edit request. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { AppError } from '../../common/errors.ts';
import { formatNamed } from '../../common/formats/registry.ts';
import { type Catalogue, type Placed, parseWith } from '../../common/settings/catalogue.ts';
import { type Flag, isSameWord } from '../../common/settings/field.ts';
import { type EditRequest, SETTINGS } from '../../common/settings/settings.ts';
import { parseRate } from '../../common/time/rational.ts';
import { controlsOf } from './control-options.ts';
import { maskOf } from './mask-options.ts';

/** By the name that commander gives an option: "--source-prompt" is sourcePrompt. */
export type EditFlags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

type Settings = Pick<Catalogue, 'fields' | 'edit'>;

const collect = (value: string, all: string[] = []) => [...all, value];

export function addEditOptions(command: Command, settings: Settings = SETTINGS): Command {
  for (const field of settings.fields) {
    for (const flag of field.flags) {
      command.addOption(optionOf(flag.name, flag, field));
      for (const alias of flag.aliases ?? []) command.addOption(optionOf(alias, flag, field).hideHelp());
    }
  }
  return command;
}

function optionOf(name: string, flag: Flag, field: Placed): Option {
  const { short, metavar, help, repeats, means = {} } = flag;
  const isShort = short !== undefined && name === field.flags[0]?.name;
  const option = new Option(
    `${isShort ? `-${short}, ` : ''}--${name}${metavar ? ` <${metavar}>` : ''}`,
    sentenceStart(help ?? field.help) + notes(field) + names(field, name),
  );
  if (field.limits.choices) option.choices([...field.limits.choices, ...Object.keys(means)]);
  return repeats ? option.argParser(collect) : option;
}

/** Lower case as terminals have it, but not for a name: "CLIP". */
function sentenceStart(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** Limits and default: " (1 to 1000; 50 unless the model says another)". */
function notes({ limits, scope, widget }: Placed): string {
  if (widget.kind === 'frame') return '';
  const { min, max, kind } = limits;
  const known: string[] = [];
  if (min !== null && max !== null && (kind === 'integer' || kind === 'number'))
    known.push(`${min} to ${max}`);
  if (widget.kind === 'choice' && !limits.choices && widget.options) {
    known.push(widget.options.map(({ id }) => id).join(', '));
  }
  const { default: fallback } = limits;
  const isPlain = typeof fallback === 'number' || (typeof fallback === 'string' && fallback !== '');
  if (isPlain) {
    known.push(`${fallback} ${scope === 'look' ? 'unless the model says another' : 'by default'}`);
  }
  return known.length > 0 ? ` (${known.join('; ')})` : '';
}

/** Where the window or papers have another word than the flag: " [Prompt strength; papers: guidance scale, CFG]". */
function names({ label, term }: Placed, flag: string): string {
  const said = [isSameWord(label, flag) ? '' : label, term ? `papers: ${term}` : ''].filter(Boolean);
  return said.length > 0 ? ` [${said.join('; ')}]` : '';
}

/** @throws AppError usage */
export function sequenceRate(text: string): string {
  if (parseRate(text) !== null) return text;
  throw new AppError('usage', `--rate ${text} is no rate`, {
    doing: 'reading the options',
    hint: 'Write 24, 23.976 or 30000/1001.',
  });
}

/** What is asked for of each setting, by its path. */
export type Wishes = ReadonlyMap<string, unknown>;

/** Paths are seen from the present folder. @throws AppError usage naming the option */
export function wishesOf(flags: EditFlags, settings: Settings = SETTINGS): Wishes {
  const wishes = new Map<string, unknown>();
  for (const field of settings.fields) {
    const value = field.flags.length === 0 ? undefined : wished(field, flags);
    if (value !== undefined) wishes.set(field.path, value);
  }
  for (const flag of settings.fields.flatMap((field) => field.flags)) {
    const meant = otherwiseMeant(flag, given(flag, flags));
    if (meant?.against !== undefined && wishes.get(meant.path) === meant.against)
      throw usage(
        `--${flag.name} ${given(flag, flags)} asks for what another option sets to ${meant.against}`,
      );
    if (meant && !wishes.has(meant.path)) wishes.set(meant.path, meant.value);
  }
  return wishes;
}

/** The setting that a word of this option sets, where that is another one. */
function otherwiseMeant({ means }: Flag, text: EditFlags[string]) {
  return means && typeof text === 'string' && Object.hasOwn(means, text) ? means[text]! : null;
}

/** @throws AppError usage naming the option */
export function requestOf(clip: string, wishes: Wishes, settings: Settings = SETTINGS): EditRequest {
  const request: Record<string, Record<string, unknown>> = { source: { clip: resolve(clip) } };
  const set = (path: string, value: unknown) => {
    const [group, key] = path.split('.') as [string, string];
    if (value !== undefined) request[group] = { ...request[group], [key]: value };
  };
  for (const field of settings.fields) {
    if (field.flags.length === 0) continue;
    const value = wishes.get(field.path);
    if (value === undefined) refuseMissing(field);
    set(field.path, value);
  }
  const { range } = request.source as { range?: { start: number } };
  if (request.guide?.anchor === undefined) {
    const [first] = (request.guide?.anchors ?? []) as readonly number[];
    set('guide.anchor', first ?? range?.start);
  }
  if (request.output?.format === undefined) set('output.format', formatNamed(String(request.output?.path)));
  parseWith(settings as Catalogue, request);
  return request as unknown as EditRequest;
}

/** @throws AppError usage naming the option */
export function editRequest(clip: string, flags: EditFlags, settings: Settings = SETTINGS): EditRequest {
  return requestOf(clip, wishesOf(flags, settings), settings);
}

/** Any of its names would have done. */
function refuseMissing({ schema, flags: [flag] }: Placed): void {
  if (schema.safeParse(undefined).success) return;
  throw new AppError('usage', `required option '--${flag!.name} <${flag!.metavar}>' not specified`, {
    doing: 'reading the options',
    hint: 'See "retake edit --help".',
  });
}

/** Undefined where it was not given. */
function wished(field: Placed, flags: EditFlags): unknown {
  const texts = field.flags.map((flag) => given(flag, flags));
  const [text] = texts;
  const option = `--${field.flags[0]!.name}`;
  if (field.widget.kind === 'frames') return frames(texts as (string | undefined)[], field);
  if (field.widget.kind === 'mask') return maskOf(field.flags.map(({ name }, i) => [name, texts[i]]));
  if (text === undefined || otherwiseMeant(field.flags[0]!, text)) return undefined;
  if (field.widget.kind === 'file-list') return (text as readonly string[]).map((path) => resolve(path));
  if (Array.isArray(text)) return REPEATED[field.widget.kind]?.(option, text) ?? methodParams(text);
  if (typeof text !== 'string') return text;
  switch (field.widget.kind) {
    case 'file':
    case 'folder':
    case 'estimator':
    case 'model':
      return resolve(text);
    case 'share':
      return share(option, text);
    case 'frame-list':
      return text.split(',').map((one) => wholeNumber(option, one));
    default:
      if (field.limits.kind === 'integer') return wholeNumber(option, text);
      return field.limits.kind === 'number' ? decimal(option, text) : text;
  }
}

/** Options that may be given several times, by what they ask for; others are a method's parameters. */
const REPEATED: Readonly<Record<string, (option: string, texts: readonly string[]) => object[]>> = {
  pictures,
  loras,
  controls: controlsOf,
};

function given({ name, aliases = [] }: Flag, flags: EditFlags): EditFlags[string] {
  const attribute = (flag: string) => flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return [name, ...aliases].map((flag) => flags[attribute(flag)]).find((value) => value !== undefined);
}

/** Both ends belong to what is edited; either may be left out. */
function frames([from, to]: readonly (string | undefined)[], { flags }: Placed): object | undefined {
  if (from === undefined && to === undefined) return undefined;
  const [first, last] = flags.map(({ name }) => `--${name}`) as [string, string];
  const end = to === undefined ? null : wholeNumber(last, to) + 1;
  return { start: from === undefined ? 0 : wholeNumber(first, from), end };
}

/** "12=painted.png", or "12=take.mov@3" for frame 3 of a movie; a file that is called so comes first. */
function pictures(option: string, texts: readonly string[]): object[] {
  return texts.map((text) => {
    const [, frame, file] = /^(\d+)=(.+)$/.exec(text) ?? [];
    if (frame === undefined || file === undefined) throw usage(`${option} wants frame=file, not "${text}"`);
    const [, movie, at] = (existsSync(file) ? null : /^(.+)@(\d+)$/.exec(file)) ?? [];
    return { frame: Number(frame), path: resolve(movie ?? file), at: Number(at ?? 0) };
  });
}

/** "look.safetensors", or "look.safetensors:0.7"; a file that is called so comes first, and a drive's colon is none of ours. */
function loras(_option: string, texts: readonly string[]): object[] {
  return texts.map((text) => {
    const [, file, strength] =
      (existsSync(text) ? null : /^(.+):([-+]?(?:\d+\.?\d*|\.\d+))$/.exec(text)) ?? [];
    return file === undefined ? { path: resolve(text) } : { path: resolve(file), strength: Number(strength) };
  });
}

function methodParams(pairs: readonly string[]): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    if (cut < 1) throw usage(`--param wants name=value, not "${pair}"`);
    const text = pair.slice(cut + 1);
    let value: unknown = text;
    try {
      value = JSON.parse(text);
    } catch {
      // A bare word is a string.
    }
    params[pair.slice(0, cut)] = value;
  }
  return params;
}

/** "0-0.6", "0.2..0.8", "0-60%", or the end alone. */
function share(option: string, text: string): object {
  const number = String.raw`(\d+\.?\d*|\.\d+)\s*(%?)`;
  const found = new RegExp(String.raw`^\s*(?:${number}\s*(?:-|–|\.\.|,|:)\s*)?${number}\s*$`).exec(text);
  if (!found) throw usage(`${option} wants from-to in shares of the steps, as 0-0.6, not "${text}"`);
  const [, from = '0', fromUnit, to = '', toUnit] = found;
  // A percent sign at the end is meant for both.
  const part = (value: string, isPercent: boolean) => Number(value) / (isPercent ? 100 : 1);
  return { from: part(from, toUnit === '%' || fromUnit === '%'), to: part(to, toUnit === '%') };
}

function decimal(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw usage(`${option} wants a number, not "${text}"`);
  return value;
}

function wholeNumber(option: string, text: string): number {
  const value = decimal(option, text);
  if (!Number.isInteger(value)) throw usage(`${option} wants a whole number, not "${text}"`);
  return value;
}

function usage(message: string): AppError {
  return new AppError('usage', message, { doing: 'reading the options', hint: 'See "retake edit --help".' });
}
