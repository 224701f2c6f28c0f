/** Asks a plugin's hooks, and holds their answers against what an answer can be. */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import type { Picture } from '../../../common/plugins/frames-v1.ts';
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import {
  type PluginGathered,
  type PluginNeed,
  type PluginSeen,
  sampling1,
} from '../../../common/plugins/sampling-v1.ts';
import { isFiniteLatent } from '../diffusion/finite.ts';
import type { Latent } from '../diffusion/types.ts';
import type { Have } from '../methods/have.ts';
import type { MethodPlugin, ShotFacts } from '../methods/types.ts';

/** A gathering of a long shot may be long in the making, but not for ever. */
const DEADLINE_MS = 120_000;

/** Where in a render: runs and steps count from 0, the frame is the clip's; null where all are asked about. */
export interface Place {
  readonly run: number;
  readonly step: number;
  readonly frame: number | null;
}

/** Of a method, as its schema leaves them. */
export type Params = Record<string, number | boolean | string>;

interface HooksOf {
  readonly plugin: MethodPlugin;
  /** Of the method, as the manifest has it. */
  readonly id: string;
  readonly params: Params;
  readonly open: () => Promise<PluginHandle>;
  readonly shot: ShotFacts;
  readonly needs: readonly PluginNeed[];
  /** Of one call of a hook. */
  readonly deadlineMs?: number | undefined;
}

type Calls = (typeof sampling1)['calls'];
type HookName = 'blend' | 'gather' | 'settle';
type Answer<N extends HookName> = z.output<Calls[N]['output']>;

/** @throws each AppError plugin-failed that names plugin, step and frame; Cancelled */
export class Hooks {
  readonly #of: HooksOf;
  /** Hooks that were asked the same twice, by run. */
  readonly #tried = new Set<string>();

  constructor(of: HooksOf) {
    this.#of = of;
  }

  /** Null leaves it as it is. */
  async blend(seen: PluginSeen, at: Place): Promise<Latent | null> {
    const answer = await this.#ask('blend', at, seen);
    return answer ? this.#latent(answer, seen, at) : null;
  }

  /** Null leaves it as it is. */
  async settle(seen: z.input<Calls['settle']['input']>[0], at: Place): Promise<Latent | null> {
    const answer = await this.#ask('settle', at, seen);
    return answer ? this.#latent(answer, seen, at) : null;
  }

  /** Frames that are left out stay as they are. */
  async gather(
    all: PluginGathered,
    placeOf: (frame: number | null) => Place,
  ): Promise<ReadonlyMap<number, Latent>> {
    const answer = (await this.#ask('gather', placeOf(null), all)) ?? [];
    const shown = new Set(all.frames.map(({ frame }) => frame));
    const made = new Map<number, Latent>();
    for (const { frame, denoised } of answer) {
      if (!shown.delete(frame))
        throw this.#fault(
          `answers of frame ${frame}, which it was not shown or has answered of`,
          placeOf(null),
        );
      made.set(frame, await this.#latent(denoised, all, placeOf(frame)));
    }
    return made;
  }

  async #ask<N extends HookName>(
    name: N,
    at: Place,
    shown: z.input<Calls[N]['input']>[0],
  ): Promise<Answer<N>> {
    const { id, params, open, shot, plugin, deadlineMs = DEADLINE_MS } = this.#of;
    const { signal, warn } = shot.atWork ?? {};
    const once = async () => {
      throwIfCancelled(signal);
      const input = [shown, params] as unknown as z.input<Calls[N]['input']>;
      try {
        const handle = await open();
        return (await handle.call(sampling1, name, id, input, { signal, deadlineMs })) as Answer<N>;
      } catch (error) {
        throw placed(error, at);
      }
    };
    const answer = await once();
    const key = `${name} ${at.run}`;
    if (plugin.deterministic && !this.#tried.has(key)) {
      this.#tried.add(key);
      if (!isDeepStrictEqual(answer, await once()))
        warn?.(
          `${nameOf(plugin)} promises the same from the same and does not keep it (${name}); what is resumed may differ from what is made in one go`,
        );
    }
    return answer;
  }

  /** As latents that every step can go on with. */
  async #latent(
    answer: Latent | Picture,
    { shape }: PluginGathered | PluginSeen,
    at: Place,
  ): Promise<Latent> {
    const latent = answer instanceof Float32Array ? answer : await this.#encoded(answer, shape, at);
    const count = shape.channels * shape.height * shape.width;
    if (latent.length !== count)
      throw this.#fault(`answers with ${latent.length} numbers where there are ${count}`, at);
    if (!isFiniteLatent(latent)) throw this.#fault('answers with what is not a number', at);
    return latent;
  }

  async #encoded({ width, height, rgb }: Picture, shape: PluginSeen['shape'], at: Place): Promise<Latent> {
    const { needs, shot } = this.#of;
    if (!needs.includes('pictures'))
      throw this.#fault('answers with a picture and did not say that it needs "pictures"', at);
    const { pictures } = shot.have as Have;
    const isWhole = rgb.length === 3 * width * height;
    // The canvas is as many times as wide as the latent as it is as high.
    if (!isWhole || width * shape.height !== height * shape.width || width % shape.width !== 0)
      throw this.#fault(`answers with a picture of ${width}×${height} that is not the canvas`, at);
    return pictures.encode(rgb);
  }

  #fault(what: string, at: Place): AppError {
    return pluginFault(this.#of.plugin, `${what} at ${whereOf(at)}`, 'sampling');
  }
}

function whereOf({ step, frame }: Place): string {
  return frame === null ? `step ${step + 1}` : `step ${step + 1}, frame ${frame}`;
}

/** What the host says of the plugin, with where it was. */
function placed(error: unknown, at: Place): unknown {
  if (!(error instanceof AppError) || error.code !== 'plugin-failed') return error;
  const { code, message, doing, hint } = error;
  return new AppError(code, `${message} (at ${whereOf(at)})`, { doing, hint, cause: error });
}

function nameOf({ name, version }: Pick<MethodPlugin, 'name' | 'version'>): string {
  return `${name} ${version}`;
}

/** Whatever a plugin answers that cannot be gone on with. */
export function pluginFault(
  plugin: Pick<MethodPlugin, 'name' | 'version'>,
  what: string,
  doing: string,
): AppError {
  return new AppError('plugin-failed', `${nameOf(plugin)} ${what}`, {
    doing,
    hint: 'Update the plugin or tell its author, or choose another method.',
  });
}
