/** Which tasks a step has (Open Job Description 2023-09, section 3.4; chunks: RFC 0001). */
import { z } from 'zod';
import { floatValue, intValue } from './parameters.ts';
import { combinationOf, countOfRange } from './ranges.ts';
import { formatString, identifier, isPlain } from './strings.ts';

const text = formatString(z.string().min(1)).refine(
  (one) => !isPlain(one) || one.length <= 1024,
  'is too long',
);
const reference = formatString().refine((one) => !isPlain(one), 'refers to no value');
const list = <T extends z.ZodType>(value: T) => z.array(value).min(1).max(1024);
const ints = z.union([
  list(z.union([intValue, reference])),
  formatString(z.string().min(1)).refine(
    (one) => !isPlain(one) || typeof countOfRange(one) === 'number',
    'is no range of integers',
  ),
]);
const atLeast = (least: number) =>
  z.union([
    z.int().min(least),
    z
      .string()
      .regex(/^\d+$/)
      .refine((one) => Number(one) >= least),
    reference,
  ]);

const chunks = z.strictObject({
  defaultTaskCount: atLeast(1),
  targetRuntimeSeconds: atLeast(0).optional(),
  rangeConstraint: z.enum(['CONTIGUOUS', 'NONCONTIGUOUS']),
});

const taskParameter = z.discriminatedUnion('type', [
  z.strictObject({ name: identifier, type: z.literal('INT'), range: ints }),
  z.strictObject({ name: identifier, type: z.literal('CHUNK[INT]'), range: ints, chunks }),
  z.strictObject({
    name: identifier,
    type: z.literal('FLOAT'),
    range: list(z.union([floatValue, reference])),
  }),
  z.strictObject({ name: identifier, type: z.literal('STRING'), range: list(text) }),
  z.strictObject({ name: identifier, type: z.literal('PATH'), range: list(text) }),
]);

export const parameterSpace = z
  .strictObject({
    taskParameterDefinitions: z.array(taskParameter).min(1).max(16),
    combination: z.string().min(1).max(1280).optional(),
  })
  .check((ctx) => {
    const { taskParameterDefinitions: all, combination } = ctx.value;
    const refuse = (message: string) =>
      ctx.issues.push({ code: 'custom', message, input: ctx.value, path: ['combination'] });
    const counts = new Map(all.map(({ name, range }) => [name, countOf(range)]));
    if (counts.size < all.length) refuse('two have one name');
    const chunked = all.filter(({ type }) => type === 'CHUNK[INT]');
    if (chunked.length > 1) refuse('only one may be in chunks');
    if (combination === undefined) return;
    const read = combinationOf(combination, counts);
    if (typeof read === 'string') refuse(read);
    else if (read.names.length !== all.length || new Set(read.names).size !== all.length)
      refuse('each parameter stands in it once');
    else if (chunked.some(({ name }) => read.associated.has(name)))
      refuse('what is in chunks is not associated');
  });

/** Null where a parameter of the job decides. */
function countOf(range: readonly unknown[] | string): number | null {
  if (typeof range !== 'string') return range.length;
  const count = isPlain(range) ? countOfRange(range) : null;
  return typeof count === 'number' ? count : null;
}
