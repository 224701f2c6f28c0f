/** A method's JSON Schema as a list of fields: the inspector draws any method, also one it has never heard of. */
import { z } from 'zod';
import { nameOf } from '../words.ts';

/** What typed text may become. */
export type Accepted = 'number' | 'numbers' | 'text' | 'json';

export type ParameterControl =
  | {
      readonly kind: 'number';
      readonly min: number | null;
      readonly max: number | null;
      /** Of the slider, where the field allows more. */
      readonly end: number | null;
      /** Of the slider and the arrow keys; typing may be finer. */
      readonly step: number;
      readonly integer: boolean;
    }
  | {
      readonly kind: 'choice';
      readonly options: readonly { readonly value: unknown; readonly name: string; readonly note?: string }[];
    }
  | { readonly kind: 'switch' }
  /** `accepts` in order of preference; `empty` is what an empty field means, undefined the default. */
  | { readonly kind: 'text'; readonly accepts: readonly Accepted[]; readonly empty?: string | null };

interface Parameter {
  readonly key: string;
  readonly label: string;
  readonly term: string | null;
  readonly help: string;
  readonly default: unknown;
  readonly control: ParameterControl;
}

const bound = z.number().optional();
const property = z.looseObject({
  title: z.string().optional(),
  term: z.string().optional(),
  description: z.string().optional(),
  names: z.record(z.string(), z.string()).optional(),
  default: z.unknown().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
  multipleOf: bound,
  /** Of its slider, where that ends before what is allowed. */
  end: bound,
  anyOf: z.array(z.looseObject({ type: z.string().optional() })).optional(),
  oneOf: z.array(z.looseObject({ type: z.string().optional() })).optional(),
});
type Property = z.infer<typeof property>;

const objectSchema = z.looseObject({ properties: z.record(z.string(), property).default({}) });

/** In the schema's own order; a schema that is no object has none. */
export function parametersOf(schema: unknown): readonly Parameter[] {
  const read = objectSchema.safeParse(schema);
  if (!read.success) return [];
  return Object.entries(read.data.properties).map(([key, value]) => ({
    key,
    label: value.title ?? nameOf(key),
    term: value.term ?? null,
    help: value.description ?? '',
    default: value.default,
    control: controlOf(value),
  }));
}

function controlOf(value: Property): ParameterControl {
  if (value.enum)
    return {
      kind: 'choice',
      options: value.enum.map((one) => ({ value: one, name: value.names?.[String(one)] ?? optionName(one) })),
    };
  if (value.type === 'boolean') return { kind: 'switch' };
  if (value.type === 'number' || value.type === 'integer') return numberOf(value);
  return { kind: 'text', accepts: acceptsOf(value) };
}

function optionName(value: unknown): string {
  return typeof value === 'string' ? nameOf(value) : String(value);
}

function numberOf(value: Property): ParameterControl {
  const integer = value.type === 'integer';
  const ends = [value.minimum ?? value.exclusiveMinimum, value.maximum ?? value.exclusiveMaximum];
  const [lowest, highest] = ends.map(bounded);
  const coarse = value.multipleOf ?? stepFor(lowest ?? null, value.end ?? highest ?? null, integer);
  const usual = Math.abs(typeof value.default === 'number' ? value.default : 0);
  // What is usual lies far below what is allowed, where a slider would only leap over it: it is typed.
  const isTyped = value.multipleOf === undefined && !integer && usual > 0 && usual < coarse;
  const step = isTyped ? 10 ** Math.floor(Math.log10(usual)) : coarse;
  const inside = (end: number | null | undefined, by: number) => (typeof end === 'number' ? end + by : null);
  const min = inside(lowest, value.minimum === undefined ? (isTyped ? step / 1000 : step) : 0);
  const max = inside(highest, value.maximum === undefined ? -step : 0);
  return { kind: 'number', min, max, end: isTyped ? null : (value.end ?? max), step, integer };
}

/** zod writes the whole range of safe integers where an integer has no bound of its own. */
function bounded(end: number | undefined): number | null {
  return end === undefined || Math.abs(end) > 1e9 ? null : end;
}

/** About a hundred steps over the range, a power of ten each. */
export function stepFor(min: number | null, max: number | null, integer: boolean): number {
  const range = min === null || max === null ? (integer ? 100 : 1) : max - min;
  const step = 10 ** Math.floor(Math.log10(Math.max(range, 1e-6) / 100) + 1e-9);
  return integer ? Math.max(1, step) : step;
}

function acceptsOf(value: Property): Accepted[] {
  const members = value.anyOf ??
    value.oneOf ?? [{ type: Array.isArray(value.type) ? value.type[0] : value.type }];
  const types = new Set(members.map(({ type }) => type));
  const accepts: Accepted[] = [];
  if (types.has('number') || types.has('integer')) accepts.push('number');
  if (types.has('string')) accepts.push('text');
  else if (types.has('array')) accepts.push('numbers');
  return accepts.length > 0 ? accepts : ['json'];
}
