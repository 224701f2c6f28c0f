/** Everything that is made from groups of settings: schemas, picks by scope, lists for forms and flags, parts of keys. */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { issueText } from '../issue.ts';
import { type Affected, type Field, inTerminal, SCOPES, type Scope, type Within } from './field.ts';
import { type Limits, limitsOf } from './limits.ts';
import { type Origins, origins } from './origins.ts';

type Group = Readonly<Record<string, Field>>;
export type Groups = Readonly<Record<string, Group>>;

type Shape<G extends Group, S extends Scope> = {
  -readonly [K in keyof G as G[K]['scope'] extends Within<S> ? K : never]: G[K]['schema'];
};
type GroupsWith<Gs extends Groups, S extends Scope> = {
  [G in keyof Gs]: keyof Shape<Gs[G], S> extends never ? never : G;
}[keyof Gs];
type OutOf<G extends Group, S extends Scope> = z.output<z.ZodObject<Shape<G, S>>>;
type InOf<G extends Group, S extends Scope> = z.input<z.ZodObject<Shape<G, S>>>;
type MayBeLeftOut<T> = { [K in keyof T as object extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as object extends T[K] ? K : never]?: T[K];
};

/** Checked and complete: what all of a scope are set to. */
export type Values<Gs extends Groups, S extends Scope = 'request'> = {
  -readonly [G in GroupsWith<Gs, S>]: OutOf<Gs[G], S>;
};
/** Some settings of a scope. */
export type Some<Gs extends Groups, S extends Scope = 'request'> = {
  -readonly [G in GroupsWith<Gs, S>]?: Partial<OutOf<Gs[G], S>>;
};
/** As it may be asked: what has a default may be left out. */
export type Request<Gs extends Groups, S extends Scope = 'request'> = MayBeLeftOut<{
  -readonly [G in GroupsWith<Gs, S>]: InOf<Gs[G], S>;
}>;
/** Checked, and still open where a model may choose. */
type Asked<Gs extends Groups> = {
  -readonly [G in keyof Gs]: {
    -readonly [K in keyof Gs[G] as Gs[G][K]['scope'] extends 'look' ? never : K]: z.output<
      Gs[G][K]['schema']
    >;
  } & {
    -readonly [K in keyof Gs[G] as Gs[G][K]['scope'] extends 'look' ? K : never]?: z.output<
      Gs[G][K]['schema']
    >;
  };
};
type WithOrigins = { origins: Origins };

/** A field in its place. */
export interface Placed extends Field {
  readonly group: string;
  readonly key: string;
  /** "sampling.steps": its name in origins, messages and keys. */
  readonly path: string;
  readonly limits: Limits;
}

/** Groups of values, of whatever scope. */
export type Grouped = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

export interface Catalogue<Gs extends Groups = Groups> {
  /** Group by group, in the order in which they are declared. */
  readonly fields: readonly Placed[];
  /** A whole request: strict, completed by Retake's defaults. */
  readonly edit: z.ZodType<Values<Gs> & WithOrigins, Request<Gs> & Partial<WithOrigins>>;
  /** A request that leaves open what its model may choose. */
  readonly asked: z.ZodType<Asked<Gs> & WithOrigins, Request<Gs> & Partial<WithOrigins>>;
  /** What a shot has of its own; unlike in a request, it may not be ready to be rendered. */
  readonly shot: z.ZodType<Values<Gs, 'shot'>, unknown>;
  /** What a preset keeps. */
  readonly preset: z.ZodType<Values<Gs, 'preset'>, unknown>;
  /** Those of a scope, and of the scopes it holds. */
  fieldsOf(scope: Scope): readonly Placed[];
  /** @throws AssertionError where no field lies there */
  at(path: string): Placed;
  /** The values of a scope alone; what is not there or not known is left out. */
  pick<S extends Scope>(values: object, scope: S): Some<Gs, S>;
  /** What a shot starts with, and where no scope is given, what a request leaves open. */
  readonly defaults: Values<Gs, 'shot'>;
  /**
   * Path and value of all that changes an artefact, sorted by path, without those at their neutral value: the part of
   * its key that settings are. Give it what was resolved: the method's own solver, completed parameters.
   */
  valuesThatAffect(values: object, what: Affected): readonly (readonly [path: string, value: unknown])[];
}

/** @param groups tests add to them */
export function catalogueOf<const Gs extends Groups>(groups: Gs): Catalogue<Gs> {
  const fields = Object.entries(groups).flatMap(([group, members]) =>
    Object.entries(members).map(([key, one]) => placed(group, key, one)),
  );
  const fieldsOf = (scope: Scope) => fields.filter((one) => isWithin(one, scope));
  /** A strict object of groups; a group of which all may be left out may be left out itself. */
  const build = (scope: Scope, schemaOf: (one: Placed) => z.ZodType, more: z.ZodRawShape = {}) => {
    const shapes = new Map<string, Record<string, z.ZodType>>();
    for (const one of fieldsOf(scope)) {
      const shape = shapes.get(one.group) ?? {};
      shape[one.key] = schemaOf(one);
      shapes.set(one.group, shape);
    }
    const whole = Array.from(
      shapes,
      ([group, shape]) => [group, z.strictObject(shape).prefault({})] as const,
    );
    return z.strictObject({ ...Object.fromEntries(whole), ...more });
  };
  const whileWritten = ({ draft, schema }: Placed) => draft ?? schema;
  const shot = build('shot', whileWritten);
  const open = ({ schema, scope }: Placed) => (scope === 'look' ? bare(schema).optional() : schema);
  const made: Catalogue = {
    fields,
    edit: build('request', ({ schema }) => schema, { origins }) as unknown as Catalogue['edit'],
    asked: build('request', open, { origins }) as unknown as Catalogue['asked'],
    shot: shot as unknown as Catalogue['shot'],
    preset: build('preset', whileWritten) as unknown as Catalogue['preset'],
    fieldsOf,
    at(path) {
      const found = fields.find((one) => one.path === path);
      if (!found) throw new Error(`there is no setting ${path}`);
      return found;
    },
    pick: (values, scope) => pickFields(values as Grouped, fieldsOf(scope)) as never,
    defaults: shot.parse({}) as Catalogue['defaults'],
    valuesThatAffect: (values, what) =>
      fields
        .filter(({ affects }) => affects.includes(what))
        .map((one) => [one, (values as Grouped)[one.group]?.[one.key]] as const)
        .filter(([{ neutral }, value]) => neutral === undefined || !sameValue(value, neutral))
        .map(([{ path }, value]) => [path, value] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
  };
  return made as unknown as Catalogue<Gs>;
}

function placed(group: string, key: string, one: Field): Placed {
  let limits: Limits | null = null;
  return {
    ...one,
    group,
    key,
    path: `${group}.${key}`,
    get limits() {
      limits ??= limitsOf(one.schema);
      return limits;
    },
  };
}

function isWithin({ scope }: Field, wider: Scope): boolean {
  return SCOPES.indexOf(scope) >= SCOPES.indexOf(wider);
}

/** Without Retake's own default. */
export function bare(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema;
}

export function pickFields(
  values: Grouped,
  fields: readonly Placed[],
): Record<string, Record<string, unknown>> {
  const picked: Record<string, Record<string, unknown>> = {};
  for (const { group, key } of fields) {
    const value = values[group]?.[key];
    if (value === undefined) continue;
    picked[group] ??= {};
    picked[group][key] = value;
  }
  return picked;
}

/** Group by group, setting by setting; later ones win. */
export function mergeGroups(...parts: readonly object[]): Grouped {
  const merged: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const part of parts) {
    for (const [group, values] of Object.entries(part)) merged[group] = { ...merged[group], ...values };
  }
  return merged;
}

/** "steps 25", "prompt strength 1.5": what is there, by its names for people. */
export function valuesInWords(values: Grouped, fields: readonly Placed[]): string[] {
  return fields.flatMap(({ group, key, label }) => {
    const value = values[group]?.[key];
    return value === undefined ? [] : [`${label.toLowerCase()} ${JSON.stringify(value).replaceAll('"', '')}`];
  });
}

export function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The setting that is wrong, by its name for people, and what is wrong with it: "steps must be 1 or more". */
function problemOf(issue: z.core.$ZodIssue, { fields }: Pick<Catalogue, 'fields'>): string {
  const [group, key, ...inside] = issue.path.map(String);
  const one = fields.find((field) => field.group === group && field.key === key);
  // "prompt strength (guidance)"
  const label = one && `${one.label.toLowerCase()}${inTerminal(one)}`;
  if (issue.code === 'unrecognized_keys' && !one) return `${issueText(issue)}${group ? ` in ${group}` : ''}`;
  const where = one ? [label, ...inside].join(' ') : issue.path.join('.');
  return `${where} ${issueText(issue)}`.trim();
}

/** Checks and completes a request. @throws AppError usage naming the first setting that is wrong */
export function parseWith<Gs extends Groups>(
  catalogue: Catalogue<Gs>,
  request: unknown,
): Values<Gs> & WithOrigins {
  const checked = catalogue.edit.safeParse(request);
  if (checked.success) return checked.data;
  throw new AppError('usage', problemOf(checked.error.issues[0]!, catalogue), {
    doing: 'checking the settings',
  });
}
