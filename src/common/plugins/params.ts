/**
 * What a plugin asks the artist for: the part of JSON Schema that the inspector's forms know, and the check that is made of
 * it. A schema that asks for more is refused with its manifest, not ignored.
 */
import { z } from 'zod';

const MOST_FIELDS = 40;
const LONGEST_TEXT = 10_000;

const words = {
  title: z.string().min(1).max(80).optional(),
  /** The field's name in the papers. */
  term: z.string().min(1).max(80).optional(),
  description: z.string().max(500).optional(),
};
const range = { minimum: z.number().optional(), maximum: z.number().optional() };
const numeric = z.strictObject({
  type: z.enum(['number', 'integer']),
  default: z.number(),
  ...range,
  ...words,
});
const boolean = z.strictObject({ type: z.literal('boolean'), default: z.boolean(), ...words });
const text = z.strictObject({
  type: z.literal('string'),
  default: z.string().max(LONGEST_TEXT),
  enum: z.array(z.string().min(1).max(80)).min(1).max(40).optional(),
  /** What the choices are called, by choice. */
  names: z.record(z.string(), z.string().max(80)).optional(),
  ...words,
});
const field = z
  .discriminatedUnion('type', [numeric, boolean, text], {
    error: ({ code }) =>
      code === 'invalid_union' ? 'must have the type number, integer, boolean or string' : undefined,
  })
  .superRefine((one, ctx) => {
    const checked = checkOf(one).safeParse(one.default);
    if (!checked.success)
      ctx.addIssue({ code: 'custom', path: ['default'], message: 'is outside its range' });
  });
type Field = z.output<typeof field>;

const name = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'must be a name such as "blurRadius"')
  .refine((key) => !(key in Object.prototype), 'is a name that every object has');

/** An object of fields, each with a default. */
export const paramsSchema = z.strictObject({
  $schema: z.string().optional(),
  type: z.literal('object'),
  properties: z
    .record(name, field)
    .refine((all) => Object.keys(all).length <= MOST_FIELDS, `has more than ${MOST_FIELDS} fields`),
  additionalProperties: z.literal(false).optional(),
});
export type ParamsSchema = z.output<typeof paramsSchema>;
export type ParamValue = number | boolean | string;

/** Checks and completes what was chosen; unknown names are refused. `z.toJSONSchema` of it says what the schema said. */
export function paramsCheck({ properties }: ParamsSchema): z.ZodType<Record<string, ParamValue>> {
  const shape = Object.entries(properties).map(([key, one]) => {
    const { title, term, description } = one;
    const names = 'names' in one ? one.names : undefined;
    const said = Object.entries({ title, term, description, names }).filter(([, word]) => word !== undefined);
    return [key, checkOf(one).default(one.default).meta(Object.fromEntries(said))] as const;
  });
  return z.strictObject(Object.fromEntries(shape));
}

function checkOf(one: Field): z.ZodType<ParamValue> {
  if (one.type === 'boolean') return z.boolean();
  if (one.type === 'string') return one.enum ? z.enum(one.enum) : z.string().max(LONGEST_TEXT);
  let check = one.type === 'integer' ? z.int() : z.number();
  if (one.minimum !== undefined) check = check.min(one.minimum);
  if (one.maximum !== undefined) check = check.max(one.maximum);
  return check;
}
