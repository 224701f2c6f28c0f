/** A method's JSON Schema as a list of fields: the inspector draws any method, also one it has never heard of. */
import { z } from 'zod';
import { nameOf } from '../words.ts';

export type Control =
  | {
      readonly kind: 'number';
      readonly min: number | null;
      readonly max: number | null;
      /** Of the slider and the arrow keys; typing may be finer. */
      readonly step: number;
      readonly integer: boolean;
    }
  | {
      readonly kind: 'choice';
      readonly options: readonly { readonly value: unknown; readonly name: string }[];
    }
  | { readonly kind: 'switch' }
  /** `accepts` in order of preference: what typed text may become. */
  | { readonly kind: 'text'; readonly accepts: readonly ('number' | 'numbers' | 'text' | 'json')[] };

export interface Field {
  readonly key: string;
  readonly label: string;
  readonly description: string;
  readonly default: unknown;
  readonly control: Control;
}

const bound = z.number().optional();
const property = z.looseObject({
  title: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
  multipleOf: bound,
  anyOf: z.array(z.looseObject({ type: z.string().optional() })).optional(),
  oneOf: z.array(z.looseObject({ type: z.string().optional() })).optional(),
});
type Property = z.infer<typeof property>;

const objectSchema = z.looseObject({ properties: z.record(z.string(), property).default({}) });

/** Fields in the schema's own order; a schema that is no object has none. */
export function fieldsOf(schema: unknown): readonly Field[] {
  const read = objectSchema.safeParse(schema);
  if (!read.success) return [];
  return Object.entries(read.data.properties).map(([key, value]) => ({
    key,
    label: value.title ?? nameOf(key),
    description: value.description ?? '',
    default: value.default,
    control: controlOf(value),
  }));
}

function controlOf(value: Property): Control {
  if (value.enum)
    return { kind: 'choice', options: value.enum.map((one) => ({ value: one, name: optionName(one) })) };
  if (value.type === 'boolean') return { kind: 'switch' };
  if (value.type === 'number' || value.type === 'integer') return numberOf(value);
  return { kind: 'text', accepts: acceptsOf(value) };
}

function optionName(value: unknown): string {
  return typeof value === 'string' ? nameOf(value) : String(value);
}

function numberOf(value: Property): Control {
  const integer = value.type === 'integer';
  const ends = [value.minimum ?? value.exclusiveMinimum, value.maximum ?? value.exclusiveMaximum];
  // zod writes the whole range of safe integers where an integer has no bound of its own.
  const [min, max] = ends.map((end) => (end === undefined || Math.abs(end) > 1e9 ? null : end));
  const step = value.multipleOf ?? stepFor(min ?? null, max ?? null, integer);
  const open = (end: number | undefined, by: number) => (end === undefined ? null : end + by);
  return {
    kind: 'number',
    min: value.minimum === undefined ? open(bounded(value.exclusiveMinimum), step) : (min ?? null),
    max: value.maximum === undefined ? open(bounded(value.exclusiveMaximum), -step) : (max ?? null),
    step,
    integer,
  };
}

function bounded(end: number | undefined): number | undefined {
  return end === undefined || Math.abs(end) > 1e9 ? undefined : end;
}

/** About a hundred steps over the range, a power of ten each. */
export function stepFor(min: number | null, max: number | null, integer: boolean): number {
  const range = min === null || max === null ? (integer ? 100 : 1) : max - min;
  const step = 10 ** Math.floor(Math.log10(Math.max(range, 1e-6) / 100) + 1e-9);
  return integer ? Math.max(1, step) : step;
}

function acceptsOf(value: Property): ('number' | 'numbers' | 'text' | 'json')[] {
  const members = value.anyOf ??
    value.oneOf ?? [{ type: Array.isArray(value.type) ? value.type[0] : value.type }];
  const types = new Set(members.map(({ type }) => type));
  const accepts: ('number' | 'numbers' | 'text' | 'json')[] = [];
  if (types.has('number') || types.has('integer')) accepts.push('number');
  if (types.has('string')) accepts.push('text');
  else if (types.has('array')) accepts.push('numbers');
  return accepts.length > 0 ? accepts : ['json'];
}

/** The value that a field shows. */
export function shownValue(field: Field, params: Readonly<Record<string, unknown>>): unknown {
  return params[field.key] ?? field.default;
}

export function isDefault(field: Field, params: Readonly<Record<string, unknown>>): boolean {
  const value = params[field.key];
  return value === undefined || JSON.stringify(value) === JSON.stringify(field.default);
}

/** Parameters with one changed; a value equal to the default is left to the method. */
export function withValue(
  field: Field,
  params: Readonly<Record<string, unknown>>,
  value: unknown,
): Record<string, unknown> {
  const { [field.key]: _, ...others } = params;
  const next = { ...others, [field.key]: value };
  return value === undefined || isDefault(field, next) ? others : next;
}

/** A value as text to edit: lists as "0.8, 0.4". */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What typed text means; undefined where it is none of what the field accepts. */
export function parseText(text: string, accepts: readonly string[]): unknown {
  const trimmed = text.trim();
  const asNumber = trimmed === '' ? Number.NaN : Number(trimmed);
  if (accepts.includes('number') && Number.isFinite(asNumber)) return asNumber;
  if (accepts.includes('numbers')) {
    const list = trimmed
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map(Number);
    if (list.length > 0 && list.every(Number.isFinite)) return list;
  }
  if (accepts.includes('text')) return trimmed === '' ? undefined : trimmed;
  if (!accepts.includes('json')) return undefined;
  try {
    return JSON.parse(trimmed);
  } catch {
    return undefined;
  }
}
