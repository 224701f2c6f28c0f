/** What a schema allows, as data: for forms, the help and messages, so that nobody writes a limit a second time. */
import { z } from 'zod';

export interface Limits {
  readonly kind: 'integer' | 'number' | 'text' | 'switch' | 'other';
  /** Of numbers; null where there is none. */
  readonly min: number | null;
  readonly max: number | null;
  /** Characters of a text; null where there is no limit. */
  readonly length: number | null;
  readonly choices: readonly string[] | null;
  /** Null is allowed: nothing is chosen. */
  readonly nullable: boolean;
  /** Undefined where it must be given. */
  readonly default: unknown;
}

interface Json {
  readonly type?: string | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly anyOf?: readonly Json[];
}

export function limitsOf(schema: z.ZodType): Limits {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
  // A type that may be null is written as two branches, or as two types of one.
  const branches = json.anyOf ?? [json];
  const typesOf = ({ type }: Json) => [type ?? []].flat();
  const typeOf = (branch: Json) => typesOf(branch).find((type) => type !== 'null');
  const one = branches.find((branch) => typeOf(branch) !== undefined) ?? json;
  const kinds: Readonly<Record<string, Limits['kind']>> = {
    integer: 'integer',
    number: 'number',
    string: 'text',
    boolean: 'switch',
  };
  return {
    kind: kinds[typeOf(one) ?? ''] ?? 'other',
    min: one.minimum ?? null,
    max: one.maximum ?? null,
    length: one.maxLength ?? null,
    choices: one.enum ?? null,
    nullable: branches.some((branch) => typesOf(branch).includes('null')),
    default: json.default,
  };
}
