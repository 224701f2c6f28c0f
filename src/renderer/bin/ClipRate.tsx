/** How many pictures of a picture sequence pass in a second, and what that does. */
import { useState } from 'react';
import type { Rational } from '../../common/media.ts';
import { timelineRate } from '../../common/project/positions.ts';
import { runOfPattern } from '../../common/sequence.ts';
import { formatRational, parseRational, STANDARD_RATES, sameRational } from '../../common/time/rational.ts';
import { giveClipRate } from '../actions/clip-rate.ts';
import { tryTo } from '../store/notices.ts';
import { useDocument } from '../store/project.ts';
import { rateOption, ratesWith } from '../store/rates.ts';
import { setView, useView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';
import { count, fps } from '../words.ts';
import styles from './ClipRate.module.css';
import { lengthOf } from './describe.ts';

export function ClipRate() {
  const id = useView((view) => view.clip);
  const clip = useDocument(({ clips }) => (id === null ? undefined : clips[id]));
  const leads = useDocument(({ clips }) => Object.keys(clips)[0] === id);
  const lone = useDocument(({ clips }) => Object.keys(clips).length === 1);
  const timeline = useDocument(timelineRate);
  // Pictures run as their clip does; movies say what they were made at.
  const takes = useDocument(({ takes, timeline }) => {
    const own = new Set(
      timeline.flatMap((item) => (item.kind === 'shot' && item.clipId === id ? [item.id] : [])),
    );
    return Object.values(takes).filter(({ shotId, path }) => own.has(shotId) && !runOfPattern(path)).length;
  });
  const [chosen, setChosen] = useState<Rational | null>(null);
  if (!clip) return <p className={texts.quiet}>This clip is no longer in the project.</p>;
  const rate = chosen ?? clip.rate;
  const isSame = sameRational(rate, clip.rate);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        tryTo(() => giveClipRate(clip, rate));
        setView({ dialog: null });
      }}
    >
      <p>How fast the pictures of {clip.name} run. Shots and takes keep their frames.</p>
      <Select
        label="Frames per second"
        options={ratesWith(STANDARD_RATES, clip.rate).map(rateOption)}
        value={formatRational(rate)}
        onChange={(text) => setChosen(parseRational(text))}
      />
      <p className={texts.quiet} role="status">
        {lengthOf({ frames: clip.frames, rate })}
        {leads
          ? ' · the timeline counts at this rate'
          : sameRational(rate, timeline)
            ? ''
            : ` · on a timeline of ${fps(timeline)}`}
      </p>
      {leads && !lone && !isSame ? (
        <p className={texts.quiet}>
          Shots of clips with another rate keep their speed; where they lie may move by frames.
        </p>
      ) : null}
      {takes > 0 && !isSame ? (
        <p className={texts.warn}>
          {takes === 1
            ? '1 take of it was rendered at another rate: it plays here, but must be rendered again to be exported.'
            : `${count(takes, 'take')} of it were rendered at another rate: they play here, but must be rendered again to be exported.`}
        </p>
      ) : null}
      <div className={layout.row}>
        <Button look="primary" type="submit">
          {isSame ? `Keep ${fps(rate)}` : `Set ${fps(rate)}`}
        </Button>
      </div>
    </form>
  );
}
