/** A large part of a panel: drawn right after the rest, in slices between which the window answers. */
import { type ReactNode, useDeferredValue } from 'react';

/** Later only when it appears; from then on it changes at once, as everything does. */
export function Later({ children }: { readonly children: ReactNode }) {
  return useDeferredValue(true, false) ? children : null;
}
