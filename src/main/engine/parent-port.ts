/** Electron's way from a utility process to the shell that started it; the parts of it that are used. */

/** A MessagePortMain. */
export interface Port {
  postMessage(message: unknown): void;
  on(event: 'message', handler: (event: { data: unknown }) => void): void;
  on(event: 'close', handler: () => void): void;
  start(): void;
}

export interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', handler: (event: { data: unknown; ports: readonly Port[] }) => void): void;
  off(event: 'message', handler: (event: { data: unknown; ports: readonly Port[] }) => void): void;
}

/** Null under plain Node. */
export function parentPort(): ParentPort | null {
  return (process as NodeJS.Process & { parentPort?: ParentPort }).parentPort ?? null;
}
