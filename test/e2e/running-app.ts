/** What a started application offers a spec, whatever it runs on. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright';

export const ROOT = resolve(import.meta.dirname, '../..');

/** For whatever comes by itself, beside renders that take all cores. */
export const PATIENCE_MS = 60_000;

/** What a function that runs in the main process is given. */
export type MainModules = typeof import('electron');

export interface RunningApp {
  readonly page: Page;
  /** Runs a self-contained function in the main process. */
  evaluate<Result, Arg = undefined>(
    run: (electron: MainModules, arg: Arg) => Result | Promise<Result>,
    arg?: Arg,
  ): Promise<Result>;
  /** Everything that main process and page printed. */
  output(): string;
  /** As an artist closes it; resolves when the process is gone. */
  quit(): Promise<void>;
  /** As a power cut does. */
  kill(): Promise<void>;
  /** Resolves when the process is gone, with its exit code. */
  readonly gone: Promise<number | null>;
}

export interface LaunchOptions {
  /** Data folder; two starts with the same one are the same installation. */
  readonly home: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A second instance shows no window. */
  readonly withoutWindow?: boolean;
}

export interface Home {
  readonly path: string;
  remove(): void;
}

/** Folders of an installation where nothing was ever opened: it starts with the example. */
export function freshHome(): Home {
  const path = mkdtempSync(join(tmpdir(), 'retake-e2e-'));
  return {
    path,
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

/** One that has been used: it starts with the start panel. */
export function usedHome(): Home {
  const home = freshHome();
  mkdirSync(join(home.path, 'user'));
  const projects = [join(home.path, 'Earlier film.retake')];
  writeFileSync(projects[0]!, '');
  writeFileSync(join(home.path, 'user', 'recent.json'), JSON.stringify({ projects }));
  return home;
}

/** Environment in which the application touches nothing of the person who runs the tests. */
export function environment({ home, env }: LaunchOptions): NodeJS.ProcessEnv {
  return { ...process.env, RETAKE_HOME: join(home, 'data'), ...env };
}
