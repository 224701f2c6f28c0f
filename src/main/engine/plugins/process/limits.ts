/** What a plugin's process may take, in one place. */

const MB = 2 ** 20;

export const LIMITS = {
  /** Until its first word. The system's matter, not the plugin's: a machine at its limits takes long to start anything. */
  startMs: 30_000,
  /** From its first word until all is closed that can be: no code of the plugin runs yet, so that this is the system’s matter too. */
  helloMs: 30_000,
  /** Loading the plugin and its `activate`. */
  activateMs: 5_000,
  /** A call that says nothing else. */
  callMs: 30_000,
  /** A call that was given up is waited for this long; then whoever does not come back is ended. */
  cancelMs: 5_000,
  /** Nothing was asked of it for so long: it is ended, and started again by its next use. */
  idleMs: 60_000,
  /** From the end of its input to its own end. */
  stopMs: 1_000,
  /** Of JavaScript objects; V8 holds it to that. */
  heapMegabytes: 512,
  /** Of all memory, buffers and WebAssembly too; a thread of the child holds it to that. */
  memoryBytes: 1536 * MB,
  /** An answer, in JSON and in arrays of numbers. Parsing the most JSON holds the engine for a quarter of a second. */
  answerJsonBytes: 16 * MB,
  answerArrayBytes: 256 * MB,
  /** What it says unasked. */
  wordBytes: 64 * 1024,
  /** A file that it hands over to be written, where it may. */
  fileBytes: 64 * MB,
  /** What it says unasked: so many at once, and so many a second on. A careful plugin says ten a second. */
  wordsAtOnce: 500,
  wordsPerSecond: 100,
  /** Calls at once; the others wait for their turn, and their deadline begins with it. */
  callsAtOnce: 4,
  /** Questions to the host at once. */
  asksAtOnce: 8,
} as const;

export type Limits = { readonly [Name in keyof typeof LIMITS]: number };
