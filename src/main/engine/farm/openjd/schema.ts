/**
 * Templates of Open Job Description 2023-09 with its extension TASK_CHUNKING (RFC 0001), as its wiki has them. What one key alone
 * cannot tell is in check.ts.
 */
import { z } from 'zod';
import { hostRequirements } from './host-requirements.ts';
import { parameterSpace } from './parameter-space.ts';
import { jobParameter } from './parameters.ts';
import { description, formatString, identifier, isPlain, line } from './strings.ts';

const cancelation = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('TERMINATE') }),
  z.strictObject({
    mode: z.literal('NOTIFY_THEN_TERMINATE'),
    notifyPeriodInSeconds: z.int().min(1).max(600).optional(),
  }),
]);

const action = z.strictObject({
  command: formatString(line(Number.MAX_SAFE_INTEGER)),
  args: z.array(formatString(line(Number.MAX_SAFE_INTEGER, 0))).optional(),
  timeout: z.int().min(1).optional(),
  cancelation: cancelation.optional(),
});

const embeddedFile = z.strictObject({
  name: identifier,
  type: z.literal('TEXT'),
  filename: z
    .string()
    .min(1)
    .max(64)
    .refine((name) => !/[\\/]/.test(name), 'is a path')
    .optional(),
  runnable: z.boolean().optional(),
  data: formatString(z.string().min(1)),
});

const embeddedFiles = unique(z.array(embeddedFile).min(1), ({ name }) => name).optional();

const environment = z
  .strictObject({
    name: line(64),
    description: description.optional(),
    script: z
      .strictObject({
        actions: z.strictObject({ onEnter: action, onExit: action.optional() }),
        embeddedFiles,
      })
      .optional(),
    variables: z
      .record(
        z
          .string()
          .max(256)
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
        formatString(z.string().max(2048)),
      )
      .refine((one) => Object.keys(one).length > 0, 'is empty')
      .optional(),
  })
  .refine(({ script, variables }) => script ?? variables, 'has neither script nor variables');

const environments = unique(z.array(environment).min(1), ({ name }) => name).optional();

const step = z.strictObject({
  name: line(64),
  description: description.optional(),
  dependencies: unique(
    z.array(z.strictObject({ dependsOn: line(64) })).min(1),
    (one) => one.dependsOn,
  ).optional(),
  stepEnvironments: environments,
  hostRequirements: hostRequirements.optional(),
  parameterSpace: parameterSpace.optional(),
  script: z.strictObject({ actions: z.strictObject({ onRun: action }), embeddedFiles }),
});

export const jobTemplate = z.strictObject({
  specificationVersion: z.literal('jobtemplate-2023-09'),
  $schema: z.string().optional(),
  /** Those that are known here; a template may want no other. */
  extensions: unique(z.array(z.enum(['TASK_CHUNKING'])).min(1), (one) => one).optional(),
  name: formatString(line(Number.MAX_SAFE_INTEGER)).refine(
    (name) => !isPlain(name) || name.length <= 128,
    'is longer than 128 letters',
  ),
  description: description.optional(),
  parameterDefinitions: unique(z.array(jobParameter).min(1).max(50), ({ name }) => name).optional(),
  jobEnvironments: environments,
  steps: unique(z.array(step).min(1), ({ name }) => name),
});
export type JobTemplate = z.output<typeof jobTemplate>;

/** No two have one name. */
function unique<T>(list: z.ZodType<T[]>, nameOf: (one: T) => string): z.ZodType<T[]> {
  return list.refine((all) => new Set(all.map(nameOf)).size === all.length, 'two have one name');
}
