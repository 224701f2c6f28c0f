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
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly anyOf?: readonly Json[];
}

export function limitsOf(schema: z.ZodType): Limits {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
  const branches = json.anyOf ?? [json];
  const one = branches.find(({ type }) => type !== 'null') ?? json;
  const kinds: Readonly<Record<string, Limits['kind']>> = {
    integer: 'integer',
    number: 'number',
    string: 'text',
    boolean: 'switch',
  };
  return {
    kind: kinds[one.type ?? ''] ?? 'other',
    min: one.minimum ?? null,
    max: one.maximum ?? null,
    length: one.maxLength ?? null,
    choices: one.enum ?? null,
    nullable: branches.length > 1 && branches.some(({ type }) => type === 'null'),
    default: json.default,
  };
}
