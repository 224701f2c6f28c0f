/** Prompts, guidance and seeds as lists: how many renders they are, how long they take, and all of them into the queue. */
import { type ReactNode, useEffect, useId, useState } from 'react';
import { errorLine } from '../../common/errors.ts';
import type { Shot } from '../../common/project/document.ts';
import {
  countOf,
  GUIDANCE_LABEL,
  guidancesOf,
  MOST_VARIATIONS,
  promptsOf,
  seedsOf,
  type VariationLists,
} from '../../common/project/variations.ts';
import { duration } from '../../common/time/duration.ts';
import { addVariations, type BatchPlan, planVariations } from '../actions/variations.ts';
import { useCurrentShot } from '../store/current.ts';
import { useMethods } from '../store/methods.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import inputs from '../ui/input.module.css';
import texts from '../ui/text.module.css';
import { count, listed, sentence } from '../words.ts';
import styles from './Variations.module.css';

export function Variations() {
  const current = useCurrentShot();
  if (!current) return <p className={texts.quiet}>Choose a shot first.</p>;
  return <VariationsOf key={current.item.id} shot={current.item} />;
}

function VariationsOf({ shot }: { readonly shot: Shot }) {
  const { prompts, sampling } = shot.settings;
  const [text, setText] = useState({
    prompts: prompts.target,
    guidance: String(sampling.guidance),
    seeds: '4',
  });
  const [isAdding, setAdding] = useState(false);
  const guidance = guidancesOf(text.guidance);
  const seeds = seedsOf(text.seeds, sampling.seed);
  const problem = guidance.problem ?? seeds.problem ?? null;
  const lists = {
    prompts: promptsOf(text.prompts),
    guidances: guidance.problem === undefined ? guidance.values : [],
    seeds: seeds.problem === undefined ? seeds.values : [],
  };
  const number = countOf(lists);
  const isTooMany = number > MOST_VARIATIONS;
  const isReady = problem === null && !isTooMany;
  const plan = useBatchPlan(shot, lists, isReady);
  const why =
    problem ?? (isTooMany ? `${number} renders are too many at once: at most ${MOST_VARIATIONS}.` : plan.why);
  const add = async () => {
    setAdding(true);
    try {
      await addVariations(shot, lists);
    } finally {
      setAdding(false);
    }
  };
  return (
    <form
      className={styles.sheet}
      onSubmit={(event) => {
        event.preventDefault();
        if (why === null && !isAdding) void attempt(add());
      }}
    >
      <p className={texts.quiet}>
        {shot.name} in every prompt, with every {GUIDANCE_LABEL.toLowerCase()} and every seed. The clip is
        analysed once for all of them.
      </p>
      <Field label="Prompts, one a line">
        {(id) => (
          <textarea
            id={id}
            className={`${inputs.input} ${styles.prompts}`}
            rows={5}
            value={text.prompts}
            onChange={({ target }) => setText({ ...text, prompts: target.value })}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
                event.currentTarget.form?.requestSubmit();
            }}
          />
        )}
      </Field>
      <div className={styles.pair}>
        <Field label={GUIDANCE_LABEL} note="One or several: 5, 7.5, 10">
          {(id) => (
            <input
              id={id}
              className={inputs.input}
              aria-invalid={guidance.problem !== undefined}
              value={text.guidance}
              onChange={({ target }) => setText({ ...text, guidance: target.value })}
            />
          )}
        </Field>
        <Field label="Seeds" note={seedsNote(text.seeds, lists.seeds)}>
          {(id) => (
            <input
              id={id}
              className={inputs.input}
              aria-invalid={seeds.problem !== undefined}
              value={text.seeds}
              onChange={({ target }) => setText({ ...text, seeds: target.value })}
            />
          )}
        </Field>
      </div>
      <div className={styles.sum} role="status">
        <p>
          <strong>{count(number, 'render')}</strong>
          {parts(lists)}
        </p>
        {why !== null ? (
          <p className={texts.warn}>{why}</p>
        ) : plan.batch ? (
          <Forecast batch={plan.batch} shot={shot} seeds={lists.seeds.length} />
        ) : (
          <p className={texts.quiet}>Counting what they take…</p>
        )}
      </div>
      <div className={styles.foot}>
        <Button type="submit" look="render" isDisabled={why !== null || isAdding}>
          {number === 1 ? 'Render it' : `Render all ${number}`}
        </Button>
      </div>
    </form>
  );
}

function Field(props: {
  readonly label: string;
  readonly note?: string;
  readonly children: (id: string) => ReactNode;
}) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{props.label}</label>
      {props.children(id)}
      {props.note ? <p className={texts.quiet}>{props.note}</p> : null}
    </div>
  );
}

function Forecast(props: { readonly batch: BatchPlan; readonly shot: Shot; readonly seeds: number }) {
  const { seconds, framesToInvert, seeded } = props.batch;
  const methods = useMethods();
  const { id } = props.shot.settings.method;
  const method = methods?.find((one) => one.id === id)?.label ?? id;
  const time = seconds === null ? 'Time known after the first frames' : `About ${duration(seconds)} in all`;
  const analysed =
    framesToInvert > 0 ? `${count(framesToInvert, 'frame')} to analyse, once` : 'nothing to analyse';
  return (
    <>
      <p className={texts.quiet}>
        {time} · {analysed}
      </p>
      {!seeded && props.seeds > 1 ? (
        <p className={texts.warn}>
          With {method} and this sampler nothing is random: every seed gives the same take. One is enough.
        </p>
      ) : null}
    </>
  );
}

/** "4 from this shot's own on: 12, 13, 14 and 15". */
function seedsNote(text: string, seeds: readonly number[]): string {
  const isCount = /^\s*\d+\s*$/.test(text);
  if (seeds.length === 0) return 'How many, or which ones: 3, 7, 12';
  const names = listed(seeds.map(String), 4);
  return isCount ? `How many: ${names}` : sentence(names);
}

function parts({ prompts, guidances, seeds }: VariationLists): string {
  const each = [
    [prompts.length, 'prompt'],
    [guidances.length, GUIDANCE_LABEL.toLowerCase()],
    [seeds.length, 'seed'],
  ] as const;
  const several = each.filter(([number]) => number > 1).map(([number, one]) => count(number, one));
  return several.length > 1 ? ` · ${several.join(' × ')}` : '';
}

/** Asks the engine, a moment after the last letter. */
function useBatchPlan(shot: Shot, lists: VariationLists, isReady: boolean) {
  const [answer, setAnswer] = useState<{ batch: BatchPlan | null; why: string | null }>({
    batch: null,
    why: null,
  });
  const key = JSON.stringify([lists, shot, isReady]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what the lists hold; they are made anew each time
  useEffect(() => {
    let current = true;
    const ask = () =>
      planVariations(shot, lists).then(
        (batch) => current && setAnswer({ batch, why: null }),
        (error: unknown) =>
          current &&
          setAnswer({ batch: null, why: sentence(errorLine(error).replace(/^checking the settings: /, '')) }),
      );
    const timer = isReady ? setTimeout(() => void ask(), 300) : undefined;
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key]);
  return answer;
}
