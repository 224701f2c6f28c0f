/** What a call took on each provider, kept for later sessions in a file that may be lost: then it is timed again. */
import { readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { writeWholeSync } from '../../atomic-files.ts';
import { machineDigest } from './machine.ts';
import { type Provider, RUNTIME_VERSION } from './ort.ts';

const timing = z.object({ call: z.number().min(0), cpu: z.number().min(0), together: z.boolean() });
export type Timing = z.infer<typeof timing>;
const kept = z.record(z.string(), timing);

/** The newest; each machine and driver that there was leaves a few. */
const MOST = 100;

export class Timings {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Null where it was never timed by this runtime, on this machine with these drivers. */
  get(provider: Provider, width: number): Timing | null {
    return this.#read()[keyOf(provider, width)] ?? null;
  }

  /** What cannot be kept is timed again. */
  set(provider: Provider, width: number, { call, cpu, together }: Timing): void {
    const key = keyOf(provider, width);
    const { [key]: _, ...others } = this.#read();
    const all = [...Object.entries(others).slice(1 - MOST), [key, { call, cpu, together }]];
    try {
      writeWholeSync(this.#path, JSON.stringify(Object.fromEntries(all), null, 1));
    } catch {
      // A full or protected disk costs a few seconds at the next start.
    }
  }

  clear(): void {
    rmSync(this.#path, { force: true });
  }

  #read(): Readonly<Record<string, Timing>> {
    try {
      return kept.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      return {};
    }
  }
}

function keyOf(provider: Provider, width: number): string {
  return [provider, width, RUNTIME_VERSION, machineDigest()].join(' ');
}
