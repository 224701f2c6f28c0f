/** What of a plugin changes what it makes: any other than this is another key. */
import type { MethodPlugin } from '../methods/types.ts';

export function codeOf({
  id,
  version,
  api,
  files,
}: MethodPlugin): Pick<MethodPlugin, 'id' | 'version' | 'api' | 'files'> {
  return { id, version, api, files };
}
