/** What is said in frames. Whoever checks it says how. */

/** On standard error, where it takes more memory than it may; then it ends. */
export const MEMORY_WORDS = 'retake: the plugin takes more memory than it may';

/** A plugin's process, of itself. */
export type ChildWord =
  | { readonly is: 'alive' }
  /** All is closed that can be: the plugin may come in. */
  | { readonly is: 'ready' }
  | { readonly is: 'activated'; readonly declines: string | null }
  /** Its file cannot be loaded, or activating it threw. */
  | { readonly is: 'unusable'; readonly text: string }
  | { readonly is: 'progress'; readonly id: number; readonly done: number }
  /** An error that nobody caught; the process ends by it. */
  | { readonly is: 'uncaught'; readonly text: string };

/** By the id of the call, or of the question. */
export type Answered =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly text: string };

/** A question of the plugin to the host: what the process itself may not do. */
export interface Ask {
  readonly call: number;
  readonly what: 'fetch' | 'read' | 'write';
  readonly input: unknown;
}

export type HostWord =
  | {
      readonly is: 'activate';
      /** A file: address. */
      readonly main: string;
      readonly retake: string;
      readonly plugin: { readonly id: string; readonly version: string };
      readonly suites: readonly string[];
    }
  | { readonly is: 'cancel'; readonly id: number };

export interface Called {
  readonly on: string;
  readonly of: string;
  readonly name: string;
  readonly args: readonly unknown[];
}
