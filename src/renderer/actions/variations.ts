/** One shot rendered in many ways, as one batch. */
import type { RenderPlan } from '../../common/contract/queue.ts';
import type { Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { countOf, type VariationLists, variationsOf } from '../../common/project/variations.ts';
import { call } from '../engine.ts';
import { getCurrentShot } from '../store/current.ts';
import { tell } from '../store/notices.ts';
import { getDocument } from '../store/project.ts';
import { setTakesView } from '../store/takes.ts';
import { setView } from '../store/view.ts';
import { count } from '../words.ts';
import type { Command } from './command.ts';
import { addToQueue } from './render.ts';

/** Adds all of them to the queue, or none. @throws AppError for what cannot be rendered */
export async function addVariations(shot: Shot, lists: VariationLists): Promise<void> {
  const ids = await addToQueue(
    variationsOf(shot.settings, lists).map((settings) => ({ shot: { ...shot, settings } })),
    false,
  );
  setTakesView({ sheet: ids });
  setView({ dialog: null, side: 'queue' });
  tell(`${count(ids.length, 'variation')} of ${shot.name} wait in the queue`);
}

export interface BatchPlan {
  /** Null until something was rendered with this model. */
  readonly seconds: number | null;
  readonly framesToInvert: number;
  /** False where other seeds give the same takes. */
  readonly seeded: boolean;
}

/** What all of them would do: the first inverts what is not there yet, the others find it. */
export async function planVariations(shot: Shot, lists: VariationLists): Promise<BatchPlan> {
  const { clips, bundle, provider } = getDocument();
  const clip = clips[shot.clipId] ?? refuse(shot.name, 'its clip is not there');
  const plans: RenderPlan[] = [];
  // Seeds and prompts cost alike; guidance does not: at 1 it takes half the calls.
  for (const settings of variationsOf(shot.settings, {
    ...lists,
    prompts: lists.prompts.slice(0, 1),
    seeds: [],
  }))
    plans.push(await call('render.plan', { shot: { ...shot, settings }, clip, bundle, provider }));
  const [first] = plans;
  const { estimatedSeconds, againSeconds, framesToInvert, seeded } = first!;
  const each = countOf(lists) / plans.length;
  const again = plans.map((plan) => plan.againSeconds);
  const seconds =
    estimatedSeconds === null || againSeconds === null || again.includes(null)
      ? null
      : estimatedSeconds - againSeconds + each * again.reduce<number>((sum, one) => sum + one!, 0);
  return { seconds, framesToInvert, seeded };
}

export const variationCommands: readonly Command[] = [
  {
    id: 'render.variations',
    name: 'Render variations…',
    group: 'Takes',
    keys: ['$mod+Shift+v'],
    run() {
      if (!getCurrentShot()) refuse('rendering variations', 'no shot is chosen');
      setView({ dialog: 'variations' });
    },
  },
];
