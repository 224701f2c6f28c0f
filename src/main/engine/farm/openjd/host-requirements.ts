/** What a machine must have to run a step (Open Job Description 2023-09, section 3.3). */
import { z } from 'zod';
import { formatString, isPlain } from './strings.ts';

/** Names that the standard keeps for itself, and those of them that it has. */
const RESERVED = /^(amount|attr)\.(worker|job|step|task)\b/;
const AMOUNTS = new Map([
  ['amount.worker.vcpu', 1],
  ['amount.worker.memory', 0],
  ['amount.worker.gpu', 0],
  ['amount.worker.gpu.memory', 0],
  ['amount.worker.disk.scratch', 0],
]);
const ATTRIBUTES = new Map<string, readonly string[]>([
  ['attr.worker.os.family', ['linux', 'windows', 'macos']],
  ['attr.worker.cpu.arch', ['x86_64', 'arm64']],
]);

const IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]{0,63}';
const capability = (kind: 'amount' | 'attr', known: ReadonlyMap<string, unknown>) =>
  z
    .string()
    .max(100)
    .regex(new RegExp(`^(${IDENTIFIER}:)?${kind}(\\.${IDENTIFIER})+$`, 'i'), 'is no capability')
    .refine(
      (name) => !RESERVED.test(name.toLowerCase()) || known.has(name.toLowerCase()),
      'is no capability of the standard',
    );

const amount = z
  .strictObject({
    name: capability('amount', AMOUNTS),
    min: z.number().min(0).optional(),
    max: z.number().positive().optional(),
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, 'has neither min nor max')
  .refine(({ min, max }) => (min ?? 0) <= (max ?? Infinity), 'min is above max')
  .refine(
    ({ name, min }) => (min ?? Infinity) >= (AMOUNTS.get(name.toLowerCase()) ?? 0),
    'min is below what there always is',
  );

const value = formatString(z.string().min(1)).refine(
  (one) => !isPlain(one) || /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/.test(one),
  'is no value of an attribute',
);
const values = z.array(value).min(1).max(50).optional();

const attribute = z
  .strictObject({ name: capability('attr', ATTRIBUTES), anyOf: values, allOf: values })
  .refine(({ anyOf, allOf }) => anyOf ?? allOf, 'has neither anyOf nor allOf')
  .refine(({ name, anyOf = [], allOf = [] }) => {
    const known = ATTRIBUTES.get(name.toLowerCase());
    // A machine has one of them.
    if (known && allOf.length > 1) return false;
    return !known || [...anyOf, ...allOf].every((one) => !isPlain(one) || known.includes(one.toLowerCase()));
  }, 'is not what the attribute may be');

export const hostRequirements = z
  .strictObject({
    amounts: z.array(amount).min(1).optional(),
    attributes: z.array(attribute).min(1).optional(),
  })
  .refine(({ amounts, attributes }) => amounts ?? attributes, 'asks for nothing')
  .refine(
    ({ amounts = [], attributes = [] }) => amounts.length + attributes.length <= 50,
    'asks for more than 50',
  );
