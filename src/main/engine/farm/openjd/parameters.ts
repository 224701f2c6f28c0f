/** Parameters of a job (Open Job Description 2023-09, section 2). */
import { z } from 'zod';
import { description, identifier, line } from './strings.ts';

const text = z.string().max(1024);
const label = line(64);
const count = z.int().min(0);
const LARGEST = 2n ** 63n;
const INT = /^[ ]*[+-]?\d+[ ]*$/;

const isInt64 = (value: bigint) => value >= -LARGEST && value < LARGEST;
/** Integers that a number of JavaScript has rounded are not told apart from their neighbours. */
export const intValue = z.union([
  z.number().refine((one) => Number.isInteger(one) && Math.abs(one) <= Number(LARGEST), 'is no integer'),
  z.bigint().refine(isInt64, 'is no integer of 64 bits'),
  z.string().refine((one) => INT.test(one) && isInt64(BigInt(one.trim())), 'is no integer'),
]);
export const floatValue = z.union([
  z.number(),
  z.bigint(),
  z.string().refine((one) => one.trim() !== '' && Number.isFinite(Number(one)), 'is no number'),
]);

const base = { name: identifier, description: description.optional() };
const labels = { label: label.optional(), groupLabel: label.optional() };

const filter = z.strictObject({
  label,
  patterns: z
    .array(
      z
        .string()
        .min(1)
        .max(20)
        .refine(
          (one) => one === '*' || one === '*.*' || /^\*\.[^\p{Cc}\\/*?[\]#%&{}<>$!'":@`|=]+$/u.test(one),
          'is no pattern of files',
        ),
    )
    .min(1)
    .max(20),
});

const lengths = { minLength: count.optional(), maxLength: z.int().min(1).optional() };

const stringParameter = z.strictObject({
  ...base,
  type: z.literal('STRING'),
  default: text.optional(),
  allowedValues: z.array(text).min(1).optional(),
  ...lengths,
  userInterface: z
    .strictObject({
      control: z.enum(['LINE_EDIT', 'MULTILINE_EDIT', 'DROPDOWN_LIST', 'CHECK_BOX', 'HIDDEN']).optional(),
      ...labels,
    })
    .optional(),
});

const pathParameter = z.strictObject({
  ...base,
  type: z.literal('PATH'),
  default: text.optional(),
  allowedValues: z.array(text).min(1).optional(),
  ...lengths,
  objectType: z.enum(['FILE', 'DIRECTORY']).optional(),
  dataFlow: z.enum(['NONE', 'IN', 'OUT', 'INOUT']).optional(),
  userInterface: z
    .strictObject({
      control: z
        .enum(['CHOOSE_INPUT_FILE', 'CHOOSE_OUTPUT_FILE', 'CHOOSE_DIRECTORY', 'DROPDOWN_LIST', 'HIDDEN'])
        .optional(),
      ...labels,
      fileFilters: z.array(filter).min(1).max(20).optional(),
      fileFilterDefault: filter.optional(),
    })
    .optional(),
});

const numberControl = z.enum(['SPIN_BOX', 'DROPDOWN_LIST', 'HIDDEN']).optional();

const intParameter = z.strictObject({
  ...base,
  type: z.literal('INT'),
  default: intValue.optional(),
  allowedValues: z.array(intValue).min(1).optional(),
  minValue: intValue.optional(),
  maxValue: intValue.optional(),
  userInterface: z
    .strictObject({ control: numberControl, ...labels, singleStepDelta: z.int().min(1).optional() })
    .optional(),
});

const floatParameter = z.strictObject({
  ...base,
  type: z.literal('FLOAT'),
  default: floatValue.optional(),
  allowedValues: z.array(floatValue).min(1).optional(),
  minValue: floatValue.optional(),
  maxValue: floatValue.optional(),
  userInterface: z
    .strictObject({
      control: numberControl,
      ...labels,
      decimals: count.optional(),
      singleStepDelta: z.number().positive().optional(),
    })
    .optional(),
});

const TRUTHS = ['false true', 'no yes', 'off on', '0 1'];
const FREE = [
  'LINE_EDIT',
  'MULTILINE_EDIT',
  'SPIN_BOX',
  'CHOOSE_INPUT_FILE',
  'CHOOSE_OUTPUT_FILE',
  'CHOOSE_DIRECTORY',
];

export const jobParameter = z
  .discriminatedUnion('type', [stringParameter, pathParameter, intParameter, floatParameter])
  .check((ctx) => {
    for (const message of problemsOf(ctx.value))
      ctx.issues.push({ code: 'custom', message, input: ctx.value, path: [] });
  });
type JobParameter = z.output<typeof jobParameter>;

function* problemsOf(of: JobParameter): Generator<string> {
  const { allowedValues: allowed, userInterface: ui } = of;
  const control = ui?.control;
  if (allowed && control && FREE.includes(control)) yield `${control} goes with no allowedValues`;
  if (control === 'DROPDOWN_LIST' && !allowed) yield 'DROPDOWN_LIST wants allowedValues';
  if (control === 'CHECK_BOX') {
    const pair = (allowed ?? [])
      .map((one) => String(one).toLowerCase())
      .toSorted()
      .join(' ');
    if (!TRUTHS.includes(pair)) yield 'CHECK_BOX wants true and false as allowedValues';
  }
  const values: readonly unknown[] = [...(allowed ?? []), ...(of.default === undefined ? [] : [of.default])];
  const same = (a: unknown) => (of.type === 'INT' || of.type === 'FLOAT' ? Number(a) : a);
  if (allowed && of.default !== undefined && !allowed.map(same).includes(same(of.default)))
    yield 'default is none of allowedValues';
  if (of.type === 'INT' || of.type === 'FLOAT') {
    const [least, most] = [Number(of.minValue ?? -Infinity), Number(of.maxValue ?? Infinity)];
    if (least > most) yield 'minValue is above maxValue';
    if (values.some((one) => Number(one) < least || Number(one) > most))
      yield 'a value is out of minValue to maxValue';
    return;
  }
  const [least, most] = [of.minLength ?? 0, of.maxLength ?? Infinity];
  if (least > most) yield 'minLength is above maxLength';
  if (values.some((one) => String(one).length < least || String(one).length > most))
    yield 'a value is shorter than minLength or longer than maxLength';
  if (of.type !== 'PATH' || !(of.userInterface?.fileFilters ?? of.userInterface?.fileFilterDefault)) return;
  const usual = of.objectType === 'FILE' ? 'CHOOSE_INPUT_FILE' : 'CHOOSE_DIRECTORY';
  if (!['CHOOSE_INPUT_FILE', 'CHOOSE_OUTPUT_FILE'].includes(control ?? usual))
    yield 'file filters go with files';
}
