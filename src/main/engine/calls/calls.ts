/** Stand-ins for the desktop's handlers, so that nothing of the desktop is made before the first of its calls. */
import { type DesktopContract, desktopContract } from '../../../common/contract/contract.ts';
import type { Handlers } from '../serve.ts';

/** Handlers that ask for the real ones when they are called. */
export function lazily(handlers: () => Handlers<DesktopContract>): Handlers<DesktopContract> {
  const names = Object.keys(desktopContract) as (keyof DesktopContract)[];
  const entries = names.map((name) => [
    name,
    async (input: never, signal?: AbortSignal) => handlers()[name](input, signal),
  ]);
  return Object.fromEntries(entries) as Handlers<DesktopContract>;
}
