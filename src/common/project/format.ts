/**
 * A document as text in a file. It says its format; an older one is brought up step by step, a newer one is refused by
 * name and left as it is.
 */
import { AppError } from '../errors.ts';
import { issueText } from '../issue.ts';
import { groupsOfFlat } from '../settings/flat.ts';
import { withPlainBrackets } from '../settings/plain-brackets.ts';
import { type FiledTake, filedTake, type ProjectDocument, projectDocument } from './document.ts';

/**
 * Raise it with every change of what a document may hold, and say in `upgrades` how the one before becomes it. Only
 * something new with a default needs neither: where it is not known, it is named and the document left as it is.
 */
export const FORMAT = 3;

type Json = Readonly<Record<string, unknown>>;

/** By the format that they start from; each answers the next one. A released one is never edited. */
export const upgrades: Readonly<Record<number, (document: Json) => Json>> = {
  /** The first said no format. */
  1: (document) => document,
  /** Settings of shots and takes had no groups. */
  2: withGroups,
};

/** Of whatever it is: what is no document is told when it is checked. */
function withGroups(document: Json): Json {
  return withSettings(document, groupsOfFlat);
}

/** With the settings of shots and takes changed. */
function withSettings(document: Json, change: (settings: unknown) => unknown): Json {
  const changed = (one: unknown) =>
    isObject(one) && isObject(one.settings) ? { ...one, settings: change(one.settings) } : one;
  const { timeline, takes } = document;
  return {
    ...document,
    ...(Array.isArray(timeline) && { timeline: timeline.map(changed) }),
    ...(isObject(takes) && {
      takes: Object.fromEntries(Object.entries(takes).map(([id, take]) => [id, changed(take)])),
    }),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Written by a newer Retake: whole, but not for this one. */
class NewerDocument extends AppError {
  constructor(why: string) {
    super('project-unreadable', `the project was saved by a newer version of Retake: ${why}`, {
      doing: 'reading the project',
      hint: 'Update Retake. The file is left as it is.',
    });
  }
}

/** Whole, but nothing that any Retake wrote. */
class StrangeDocument extends AppError {
  constructor(why: string) {
    super('project-unreadable', `the project holds what no Retake writes: ${why}`, {
      doing: 'reading the project',
      hint: 'The file is left as it is. Open a backup instead.',
    });
  }
}

export function writeDocument(document: ProjectDocument): string {
  return JSON.stringify({ format: FORMAT, ...document });
}

/** @throws NewerDocument, StrangeDocument; the text is known to be what was once written */
export function readDocument(text: string): ProjectDocument {
  const { format, document } = parse(text);
  if (format > FORMAT) throw new NewerDocument(`its format is ${format}, and this Retake knows ${FORMAT}`);
  let upgraded = document;
  for (let from = format; from < FORMAT; from += 1) upgraded = upgrades[from]!(upgraded);
  const checked = projectDocument.safeParse(withSettings(upgraded, withPlainBrackets));
  if (checked.success) return checked.data;
  const { issues } = checked.error;
  // Before documents said their format, a newer Retake could only be known by what it had added.
  const added = issues.find((issue) => issue.code === 'unrecognized_keys');
  if (added) {
    throw new NewerDocument(`it holds ${added.keys.map((key) => `"${key.slice(0, 60)}"`).join(', ')}`);
  }
  const [issue] = issues;
  throw new StrangeDocument(`${issue!.path.join('.')} ${issueText(issue!)}`.trim().slice(0, 300));
}

/** A take as some version filed it beside the document. @throws ZodError, SyntaxError for what is none */
export function readFiledTake(text: string): FiledTake {
  const take = JSON.parse(text);
  return filedTake.parse({ ...take, settings: withPlainBrackets(groupsOfFlat(take.settings)) });
}

function parse(text: string): { format: number; document: Json } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StrangeDocument('it is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new StrangeDocument('it is no document');
  }
  const { format = 1, ...document } = value as Json;
  if (typeof format !== 'number' || !Number.isInteger(format) || format < 1) {
    throw new StrangeDocument('its format is no number');
  }
  return { format, document };
}
