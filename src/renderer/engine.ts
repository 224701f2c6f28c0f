/** The page's only door to the engine and the shell. */
import type { Answer, Bridge, Calls, EngineState, Events, ShellBridge } from '../common/bridge.ts';
import { AppError, fromWire } from '../common/errors.ts';

declare global {
  interface Window {
    retake?: Bridge;
  }
}

/** False in a plain browser, where nothing can be opened or rendered. */
export function hasEngine(): boolean {
  return window.retake !== undefined;
}

function bridge(): Bridge {
  if (window.retake) return window.retake;
  throw new AppError('engine-died', 'this page runs outside the Retake application', {
    doing: 'asking the engine',
    hint: 'Start Retake from its icon or with npm run dev.',
  });
}

/** Calls the engine. @throws AppError with the engine's own code and hint; Cancelled when it was stopped */
export async function call<Name extends keyof Calls & string>(
  name: Name,
  input: Calls[Name]['input'],
): Promise<Calls[Name]['output']> {
  const answer: Answer<Calls[Name]['output']> = await bridge().engine.call(name, input);
  if ('error' in answer) throw fromWire(answer.error);
  return answer.value;
}

export function onEngineEvent(listener: (event: Events) => void): () => void {
  return bridge().engine.onEvent(listener);
}

export function onEngineState(listener: (state: EngineState, why: string | null) => void): () => void {
  return bridge().engine.onState(listener);
}

export function shell(): ShellBridge {
  return bridge().shell;
}

export function platform(): string {
  return window.retake?.platform ?? 'browser';
}

/** Address of a preview file (ClipPreview.proxy, .thumbnails.sheet, .waveform.file). */
export function previewUrl(path: string): string {
  return `${bridge().mediaRoot}previews/${path.split('/').map(encodeURIComponent).join('/')}`;
}
