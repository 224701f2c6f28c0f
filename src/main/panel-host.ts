/** Where the panels of a plugin come from: an origin of its own, another one with every version. */
import { createHash } from 'node:crypto';

/** 32 hexadecimal digits: an address tells nothing of who made the plugin, and no name can be made to look like another. */
export function panelHost({ id, version }: { readonly id: string; readonly version: string }): string {
  return createHash('sha256').update(`${id}\n${version}`).digest('hex').slice(0, 32);
}
