/** Asks the engine what rendering the chosen shots would do, a moment after the last change. */
import { useEffect, useRef, useState } from 'react';
import type { RenderPlan } from '../../common/contract/queue.ts';
import { Cancelled, errorLine } from '../../common/errors.ts';
import type { Shot } from '../../common/project/document.ts';
import { call } from '../engine.ts';
import { useJobs } from '../store/jobs.ts';
import { useLibrary } from '../store/library.ts';
import { usePlugins } from '../store/plugins.ts';
import { getDocument, useDocument, useOpened } from '../store/project.ts';
import { useEngineState } from '../store/session.ts';
import { useSpeeds } from '../store/speeds.ts';
import { sentence } from '../words.ts';
import { type PlannedWork, sumPlans } from './plan-text.ts';

const REST_MS = 300;

export type PlanState =
  | { readonly state: 'asking' }
  | { readonly state: 'ready'; readonly plan: PlannedWork }
  | { readonly state: 'failed'; readonly why: string };

async function planOf(shot: Shot): Promise<RenderPlan> {
  const { clips, bundle, provider } = getDocument();
  const clip = clips[shot.clipId];
  if (!clip) throw new Cancelled();
  return call('render.plan', { shot, clip, bundle, provider });
}

function why(error: unknown, shots: readonly Shot[], shot: Shot): string {
  const line = errorLine(error).replace(/^checking the settings: /, '');
  const text = sentence(line);
  return shots.length > 1 ? `${shot.name}: ${text}` : text;
}

/**
 * The last plan stays while the same shots are asked about anew, so that the lines do not flicker; of other shots, or with
 * another model, nothing is said until it is known.
 */
export function usePlan(shots: readonly Shot[]): PlanState {
  const [answer, setAnswer] = useState<PlanState>({ state: 'asking' });
  const bundle = useDocument((document) => document.bundle);
  const provider = useDocument((document) => document.provider);
  const { engine } = useEngineState();
  const missing = useOpened()?.missing;
  // A finished render leaves frames in the cache and a speed to estimate from.
  const ended = useJobs((jobs) => jobs.entries.filter((one) => one.state === 'done').length);
  // What was missing may be back in a watched folder, and what was there gone.
  const there = useLibrary()?.map(({ path, state }) => `${state} ${path}`);
  // A plugin that came may have brought what was missed, or do it otherwise.
  const plugins = usePlugins();
  const subject = JSON.stringify([bundle, shots.map(({ id }) => id)]);
  const asked = useRef(subject);
  const measured = useSpeeds((speeds) => speeds.measured);
  const key = JSON.stringify([bundle, provider, engine, ended, measured, missing, there, plugins, shots]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what the shots hold; their identity changes more often
  useEffect(() => {
    let current = true;
    // What was wrong may just have been mended.
    const other = asked.current !== subject;
    asked.current = subject;
    setAnswer((last) => (other || last.state === 'failed' ? { state: 'asking' } : last));
    const ask = async () => {
      const lost = shots.find((shot) => missing?.some((one) => one.clipId === shot.clipId));
      if (lost) {
        setAnswer({ state: 'failed', why: `The clip of ${lost.name} is missing. Find it first.` });
        return;
      }
      const plans: RenderPlan[] = [];
      for (const shot of shots) {
        try {
          plans.push(await planOf(shot));
        } catch (error) {
          if (current && !(error instanceof Cancelled))
            setAnswer({ state: 'failed', why: why(error, shots, shot) });
          return;
        }
        if (!current) return;
      }
      const plan = sumPlans(plans);
      if (plan) setAnswer({ state: 'ready', plan });
    };
    if (engine !== 'up' || shots.length === 0) {
      setAnswer({ state: 'asking' });
      return;
    }
    const timer = setTimeout(() => void ask(), REST_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key]);
  return answer;
}
