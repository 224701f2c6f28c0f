/** What a file is recognised by wherever it lies. */
import { z } from 'zod';

/** Count of bytes, and a digest of head and tail. */
export const fingerprint = z.strictObject({ bytes: z.number(), digest: z.string().max(200) });
export type Fingerprint = z.output<typeof fingerprint>;
