/** What a plugin's process may say, checked before anything of it is used. */
import { z } from 'zod';
import type { Answered, Ask, ChildWord } from '../../../plugin-child/messages.ts';

const text = z.string().max(2000);

export const childWord: z.ZodType<ChildWord> = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('alive') }),
  z.strictObject({ is: z.literal('ready') }),
  z.strictObject({ is: z.literal('activated'), declines: text.nullable() }),
  z.strictObject({ is: z.literal('unusable'), text }),
  z.strictObject({ is: z.literal('progress'), id: z.int().min(0), done: z.number() }),
  z.strictObject({ is: z.literal('uncaught'), text }),
]);

export const answered: z.ZodType<Answered> = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ ok: z.literal(false), text }),
]) as z.ZodType<Answered>;

export const ask: z.ZodType<Ask> = z.strictObject({
  call: z.int().min(0),
  what: z.enum(['fetch', 'read', 'write']),
  input: z.unknown(),
}) as z.ZodType<Ask>;
