/** Shots on their way to other machines: what the artist chose in the sheet, and the sending, which goes on while it is closed. */
import { z } from 'zod';
import { create } from 'zustand';
import { keep, kept } from '../storage.ts';

/** Which shots go: those that are chosen, all of the timeline, or those of it that have no take. */
export const SENT_SHOTS = ['chosen', 'untaken', 'all'] as const;
export type SentShots = (typeof SENT_SHOTS)[number];

interface Sending {
  readonly which: SentShots;
  /** Null until one was chosen, and none was before. */
  readonly driver: string | null;
  /** What was typed in place of the defaults, by driver and setting. */
  readonly typed: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Of the job, made new; empty for one beside the project. */
  readonly folder: string;
  readonly copyModels: boolean;
  /** Why it cannot be sent; null where nothing is wrong. */
  readonly problem: string | null;
  /** Gives up the sending that is under way; null where none is. */
  readonly abort: AbortController | null;
}

const LAST = 'retake.farm';
const last = z.object({
  driver: z.string().nullable(),
  parent: z.string().nullable(),
  copyModels: z.boolean(),
});
type LastSent = z.infer<typeof last>;
const NEVER: LastSent = { driver: null, parent: null, copyModels: false };

/** How shots were last sent from this machine; `parent` held the folder of the job, null where it lay beside the project. */
export const lastSent = (): LastSent => kept(LAST, last, NEVER);

export function keepLastSent(sent: LastSent): void {
  keep(LAST, sent);
}

const sendingStore = create<Sending>(() => ({
  ...{ which: 'chosen', driver: null, typed: {}, folder: '', copyModels: false, problem: null, abort: null },
}));

export function useSending(): Sending {
  return sendingStore();
}

export function getSending(): Sending {
  return sendingStore.getState();
}

export function patchSending(patch: Partial<Sending>): void {
  sendingStore.setState(patch);
}
