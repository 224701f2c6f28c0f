/** One-line messages to the artist. Cancelled is silent; everything else that fails is told. */
import { create } from 'zustand';
import { AppError, Cancelled, type ErrorCode, errorLine } from '../../common/errors.ts';
import { sentence } from '../words.ts';

export interface Notice {
  readonly id: number;
  readonly tone: 'info' | 'problem';
  readonly text: string;
  /** The sheet in which something can be done about it. */
  readonly sheet: 'plugins' | null;
}

const useStore = create<{ notices: readonly Notice[] }>(() => ({ notices: [] }));
let nextId = 1;

export function useNotices(): readonly Notice[] {
  return useStore((state) => state.notices);
}

/** Information leaves by itself; a problem stays until it is dismissed or three newer ones came. */
export function tell(text: string, tone: Notice['tone'] = 'info', sheet: Notice['sheet'] = null): void {
  const notice: Notice = { id: nextId++, tone, text, sheet };
  useStore.setState(({ notices }) => ({
    notices: [...notices.filter((one) => one.text !== text), notice].slice(-3),
  }));
  if (tone === 'info') setTimeout(() => dismiss(notice.id), 4000);
}

/** What of it can be mended is in the list of plugins. */
const OF_PLUGINS: readonly ErrorCode[] = ['plugin-failed', 'plugin-invalid', 'plugin-missing'];

export function tellError(error: unknown): void {
  if (error instanceof Cancelled) return;
  const isOfPlugin = error instanceof AppError && OF_PLUGINS.includes(error.code);
  tell(sentence(errorLine(error)), 'problem', isOfPlugin ? 'plugins' : null);
}

export function dismiss(id: number): void {
  useStore.setState(({ notices }) => ({ notices: notices.filter((one) => one.id !== id) }));
}

/** What leads to a list says nothing true any more when that has become another. */
export function dismissOf(sheet: NonNullable<Notice['sheet']>): void {
  useStore.setState(({ notices }) => ({ notices: notices.filter((one) => one.sheet !== sheet) }));
}

/** Waits for work and tells why it failed; undefined then. */
export async function attempt<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (error) {
    tellError(error);
    return undefined;
  }
}

/** Runs what may refuse, and tells why. */
export function tryTo(work: () => void | Promise<void>): void {
  void attempt(Promise.resolve().then(work));
}
