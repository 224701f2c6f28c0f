/** The plugins that an edit is made with: its method's, and those that lend it networks. */
import { holdPlugins } from '../../../common/plugins/in-use.ts';
import { filesIn } from '../../../common/settings/files.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { methods } from '../methods/registry.ts';
import { lenderOf } from '../models/contributed.ts';

/** Until it is disposed, they stay as they are. @param what uses them: "a render" */
export function holdPluginsOf(settings: EditSettings, what: string): Disposable {
  const method = methods.ownerOf(settings.method.id)?.id;
  const lenders = filesIn(settings).map(({ path }) => lenderOf(path));
  return holdPlugins(
    [method, ...lenders].filter((id) => id != null),
    what,
  );
}
