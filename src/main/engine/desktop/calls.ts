/** The names of the desktop's calls, so that nothing of the desktop is made before the first of them. */
import type { DesktopCalls } from '../../../common/desktop.ts';
import type { Handlers } from '../../../common/rpc.ts';

/** By its type complete: a call that is added to the contract and forgotten here does not compile. */
const CALLS: Readonly<Record<keyof DesktopCalls, true>> = {
  'project.create': true,
  'project.open': true,
  'project.save': true,
  'project.saveAs': true,
  'project.collect': true,
  'project.close': true,
  'project.relink': true,
  'clip.import': true,
  'clip.cuts': true,
  'clip.preview': true,
  'render.plan': true,
  'queue.add': true,
  'queue.list': true,
  'queue.pause': true,
  'queue.move': true,
  'queue.cancel': true,
  'queue.retry': true,
  'queue.clear': true,
  'queue.watch': true,
  'take.delete': true,
  'take.restore': true,
  'bundles.list': true,
  'bundles.add': true,
  'bundles.remove': true,
  'bundles.setDefault': true,
  'bundles.download': true,
  'bundles.cancelDownload': true,
};

/** Handlers that ask for the real ones when they are called. */
export function lazily(handlers: () => Handlers<DesktopCalls>): Handlers<DesktopCalls> {
  const names = Object.keys(CALLS) as (keyof DesktopCalls)[];
  const entries = names.map((name) => [name, async (input: never) => handlers()[name](input)]);
  return Object.fromEntries(entries) as Handlers<DesktopCalls>;
}
