/** How plugins and what they contribute are called. */
import { isPortableName } from '../file-name.ts';

/** Of what is built in: nobody else may begin so. */
const BUILT_IN = 'retake.';
const LONGEST_PLUGIN = 100;

/** Why a text cannot be the id of a plugin from others; null where it can. */
export function pluginIdFault(id: string): string | null {
  if (id.length > LONGEST_PLUGIN) return `must have ${LONGEST_PLUGIN} characters or fewer`;
  if (!/^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$/.test(id) || !isPortableName(id)) {
    return 'must be a name turned round, in lower case, such as "org.example.shot-list"';
  }
  // So is the file of what is switched on, beside the folders of plugins.
  if (id.endsWith('.json')) return 'ends in ".json", as a file does';
  return isBuiltInId(id) ? `begins with "${BUILT_IN}", which is kept for what comes with Retake` : null;
}

export function isBuiltInId(pluginId: string): boolean {
  return pluginId.startsWith(BUILT_IN);
}

/** Why a text cannot be what a plugin calls one of its contributions; null where it can. */
export function contributionIdFault(id: string): string | null {
  // What every object has is no name for a thing of its own.
  const inherited = id in Object.prototype;
  return /^[a-z][a-z0-9-]{0,39}$/.test(id) && !inherited
    ? null
    : 'must be a short name in lower case, such as "shot-list"';
}

/** How a contribution is called everywhere: `org.example.ale/ale`; what is built in has the bare id. */
export function fullId(pluginId: string, id: string): string {
  return isBuiltInId(pluginId) ? id : `${pluginId}/${id}`;
}

/** Whose a contribution is by its full id; null for what is built in. */
export function pluginOf(id: string): string | null {
  const end = id.indexOf('/');
  return end < 0 ? null : id.slice(0, end);
}
