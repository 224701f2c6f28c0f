/** The environment of every process that Retake starts of its own. */

/** onnxruntime sends usage events and writes a device id unless this stands in the environment before it is loaded. */
const PRIVATE = { ORT_DISABLE_TELEMETRY: '1' } as const;

export type Environment = Readonly<Record<string, string | undefined>>;

export function childEnvironment(env: Environment = process.env): Record<string, string | undefined> {
  return { ...env, ...PRIVATE };
}

/** For this process itself; before onnxruntime is loaded. */
export function keepPrivate(): void {
  Object.assign(process.env, PRIVATE);
}
