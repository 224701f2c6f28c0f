/** What a take was made with, in artists' words, and which of them are not so of another take. Pure. */
import { z } from 'zod';
import type { MethodInfo } from '../../common/contract/machine.ts';
import type { Take } from '../../common/project/document.ts';
import { type Grouped, type Placed, sameValue } from '../../common/settings/catalogue.ts';
import { shortWords } from '../../common/settings/in-words.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { nameOf } from '../words.ts';

/** A method's own words; null while they are not known. */
export type MethodWords = Pick<MethodInfo, 'label' | 'params' | 'learns'> | null;

/** Some words, and whether they stand out. */
export interface Said {
  readonly text: string;
  readonly differs: boolean;
}

/** Prompts are said in full, beside the rest. */
const BESIDE = new Set(['prompts.target']);
const FIELDS = SETTINGS.fieldsOf('shot').filter(({ path }) => !BESIDE.has(path));

/**
 * The settings that are always said, and of the others those that differ.
 *
 * @param method the take's
 * @param other the take before; null where there is none, and then nothing differs
 */
export function saidOf(take: Take, other: Take | null, method: MethodWords): Said[] {
  const settings = FIELDS.flatMap((field) => saidOfField(field, take, other, method));
  const place: Said[] = [];
  if (other && other.anchor !== take.anchor) place.push({ text: `anchor ${take.anchor}`, differs: true });
  if (other && (other.start !== take.start || other.end !== take.end))
    place.push({ text: `frames ${take.start}–${take.end - 1}`, differs: true });
  return [...settings, ...place];
}

function saidOfField(field: Placed, take: Take, other: Take | null, method: MethodWords): Said[] {
  const value = valueIn(take, field);
  const before = other && valueIn(other, field);
  const differs = other !== null && !sameValue(value, before);
  if (field.widget.kind === 'parameters') return differs ? parameters(value, before, method) : [];
  const isPrompt = field.group === 'prompts';
  const words = isPrompt ? [] : shortWords(take.settings, [field], method?.label ?? take.settings.method.id);
  if (!differs) return field.finer ? [] : words.map((text) => ({ text, differs: false }));
  return (words.length > 0 ? words : [inFewWords(field, value)]).map((text) => ({ text, differs: true }));
}

function valueIn(take: Take, { group, key }: Placed): unknown {
  return (take.settings as Grouped)[group]?.[key];
}

/** Of what has no few words, or is off where it was not. */
function inFewWords({ label, limits }: Placed, value: unknown): string {
  const name = label.toLowerCase();
  const isNone = value === null || value === '' || value === false || (Array.isArray(value) && !value.length);
  if (isNone) return `${name}: none`;
  if (typeof value === 'number') return `${name} ${value}`;
  return sameValue(value, limits.default) ? `${name} as usual` : `other ${name}`;
}

const titled = z.object({ properties: z.record(z.string(), z.object({ title: z.string().optional() })) });

function parameters(value: unknown, before: unknown, method: MethodWords): Said[] {
  const { properties } = titled.safeParse(method?.params).data ?? { properties: {} };
  const [now, was] = [Object(value), Object(before)] as Record<string, unknown>[];
  const names = [...new Set([...Object.keys(now!), ...Object.keys(was!)])];
  return names
    .filter((name) => !sameValue(now![name], was![name]))
    .map((name) => {
      const one = now![name];
      const text = one === undefined ? 'as usual' : typeof one === 'object' ? 'changed' : String(one);
      return { text: `${(properties[name]?.title ?? nameOf(name)).toLowerCase()} ${text}`, differs: true };
    });
}

/** The prompt, word by word: those that the other one does not have stand out; all of it where words were only taken away. */
export function promptSaid(prompt: string, other: string | null): Said[] {
  const words = prompt.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
  if (other === null || prompt === other) return prompt === '' ? [] : [{ text: prompt, differs: false }];
  const left = new Map<string, number>();
  const bare = (word: string) => word.trim().toLowerCase();
  for (const word of other.split(/\s+/)) left.set(bare(word), (left.get(bare(word)) ?? 0) + 1);
  const said = words.map((text): Said => {
    const known = left.get(bare(text)) ?? 0;
    left.set(bare(text), known - 1);
    return { text, differs: known <= 0 };
  });
  return joined(said.some(({ differs }) => differs) ? said : said.map((one) => ({ ...one, differs: true })));
}

/** Neighbours that are alike as one. */
function joined(said: readonly Said[]): Said[] {
  const runs: Said[] = [];
  for (const one of said) {
    const last = runs.at(-1);
    if (last?.differs === one.differs) runs[runs.length - 1] = { ...last, text: last.text + one.text };
    else runs.push(one);
  }
  return runs;
}

/** What tells takes apart that were made to be compared: of each the words that are not the same in all, prompt first. */
export function variedWords(
  takes: readonly Take[],
  methodOf: (take: Take) => MethodWords,
): Map<string, string[]> {
  const fields = SETTINGS.fieldsOf('shot').filter((field) =>
    takes.some((take) => !sameValue(valueIn(take, field), valueIn(takes[0]!, field))),
  );
  const models = new Set(takes.map(({ bundle }) => bundle)).size > 1;
  return new Map(
    takes.map((take) => {
      const words = fields.flatMap((field) => {
        if (field.path === 'prompts.target') return [take.settings.prompts.target];
        const said = saidOfField(field, take, null, methodOf(take)).map(({ text }) => text);
        return said.length > 0 ? said : [inFewWords(field, valueIn(take, field))];
      });
      return [take.id, models ? [...words, take.bundle] : words];
    }),
  );
}
