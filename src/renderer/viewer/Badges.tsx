/** Words over the picture: what is rendering, that a picture is a preview, why there is none. */
import { X } from 'lucide-react';
import { useEffect } from 'react';
import type { QueueEntry } from '../../common/contract/queue.ts';
import type { Shot } from '../../common/project/document.ts';
import { findMissing, reachMissing, takeFound } from '../actions/relink.ts';
import { endLooks } from '../actions/render.ts';
import { call } from '../engine.ts';
import { useJobs } from '../store/jobs.ts';
import { attempt } from '../store/notices.ts';
import { forgetPreview, requestPreview } from '../store/previews.ts';
import { type Missing, useDocument, useOpened } from '../store/project.ts';
import { rateNote } from '../store/rates.ts';
import { useEngineState } from '../store/session.ts';
import { type Looks, useLooks } from '../store/stills.ts';
import { seek, setView, useView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import layout from '../ui/layout.module.css';
import { Meter } from '../ui/Meter.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import styles from './Badges.module.css';
import { PluginsAway } from './PluginsAway.tsx';
import { useRendered } from './Progressive.tsx';
import { type Picture, type Trouble, useTrouble } from './use-picture.ts';

/** The artist rests on a frame this long before its progressive pictures are asked for. */
const REST_MS = 200;

function useWatch({ shot, clipFrame }: Picture): QueueEntry | undefined {
  const entry = useJobs((jobs) =>
    jobs.entries.find((one) => one.shotId === shot?.id && one.state === 'running'),
  );
  const job = entry?.id ?? null;
  // A preview has one frame, wherever the playhead is.
  const frame = entry?.preview ? entry.settings.guide.anchor : clipFrame;
  useEffect(() => {
    if (job === null) return;
    const timer = setTimeout(() => {
      void attempt(call('queue.watch', { id: job, frame }));
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [job, frame]);
  return entry;
}

export function Badges({ picture }: { readonly picture: Picture }) {
  const { shot } = picture;
  const entry = useWatch(picture);
  const rendered = useRendered(picture);
  const { engine } = useEngineState();
  const looks = useLooks(shot?.id ?? null);
  const several = looks !== null && looks.wanted.length > 1;
  const stands = useView((view) => view.shuttle === 0);
  const trouble = useTrouble(picture);
  // A take has its own pictures in sight meanwhile.
  const comes = trouble?.kind === 'making' && picture.take !== null ? trouble : null;
  const mixed = useDocument((document) => shot && rateNote(document, shot.clipId));
  const missing = useOpened()?.missing ?? [];
  return (
    <>
      {trouble && !rendered && !comes ? <TroubleNote trouble={trouble} /> : null}
      <div className={styles.badges}>
        {comes ? (
          <span className={`${styles.badge} ${texts.quiet}`} role="status">
            {comes.text}
            {comes.fraction === null ? '' : ` · ${Math.round(comes.fraction * 100)} %`}
          </span>
        ) : null}
        {missing.length > 0 && trouble?.kind !== 'missing' ? (
          <span className={styles.badge}>
            {missingInWords(missing)} missing
            <Button look="plain" onPress={() => setView({ dialog: 'missing' })}>
              Find…
            </Button>
          </span>
        ) : null}
        <PluginsAway />
        {mixed && stands ? <span className={`${styles.badge} ${texts.quiet}`}>{mixed}</span> : null}
        {entry && !(entry.preview && several) ? (
          <span className={`${styles.badge} ${styles.rendering} ${entry.preview ? styles.closes : ''}`}>
            {engine === 'up' ? 'Rendering' : 'Waiting for the engine at'} {Math.floor(entry.fraction * 100)} %
            {rendered?.jobId === entry.id
              ? ` · this frame at step ${Math.min(rendered.step + 1, entry.settings.sampling.steps)} of ${entry.settings.sampling.steps}`
              : ''}
            {entry.preview && shot ? <CloseLooks shotId={shot.id} name="Cancel the preview" /> : null}
          </span>
        ) : null}
        {looks && shot && stands && (several || !entry) ? (
          <LooksNote looks={looks} shot={shot} picture={picture} isSeen={rendered !== null} />
        ) : null}
      </div>
    </>
  );
}

interface LooksNoteProps {
  readonly looks: Looks;
  readonly shot: Shot;
  readonly picture: Picture;
  /** One of them is the picture in sight. */
  readonly isSeen: boolean;
}

function LooksNote({ looks, shot, picture, isSeen }: LooksNoteProps) {
  const [first] = looks.wanted;
  const several = looks.wanted.length > 1;
  // What one frame waits for is said while it renders.
  if (first === undefined || !(several || looks.pictures[first])) return null;
  const alone = several || first !== shot.leadAnchor;
  return (
    <span
      className={`${styles.badge} ${styles.preview}`}
      title={
        alone
          ? `Each by itself: in a take it also follows the lead anchor, frame ${shot.leadAnchor}`
          : undefined
      }
    >
      {several
        ? `Preview of ${looks.wanted.length} frames, not a take`
        : isSeen
          ? 'Preview of one frame, not a take'
          : `Preview of frame ${first}`}
      {several || isSeen ? null : <GoToLook frame={first} clipFrame={picture.clipFrame} />}
      <CloseLooks shotId={shot.id} name="Close the preview" />
    </span>
  );
}

function CloseLooks({ shotId, name }: { readonly shotId: string; readonly name: string }) {
  return (
    <IconButton name={name} onPress={() => void attempt(endLooks(shotId))}>
      <X />
    </IconButton>
  );
}

function GoToLook({ frame, clipFrame }: { readonly frame: number; readonly clipFrame: number }) {
  const playhead = useView((view) => view.playhead);
  return (
    <Button look="plain" onPress={() => seek(playhead + frame - clipFrame)}>
      Show
    </Button>
  );
}

function missingInWords(missing: readonly Missing[]): string {
  if (missing.every(({ clipId }) => clipId !== null)) return count(missing.length, 'clip is', 'clips are');
  return count(missing.length, 'file is', 'files are');
}

function TroubleNote({ trouble }: { readonly trouble: Trouble }) {
  if (trouble.kind === 'nothing') return <p className={`${styles.trouble} ${texts.quiet}`}>{trouble.text}</p>;
  if (trouble.kind === 'making') {
    const percent = trouble.fraction === null ? null : Math.round(trouble.fraction * 100);
    return (
      <div className={styles.trouble} role="status">
        <p>{trouble.text}</p>
        <Meter percent={percent ?? 0} />
        {percent === null ? null : <p className={texts.quiet}>{percent} %</p>}
      </div>
    );
  }
  if (trouble.kind === 'failed') {
    const again = () => {
      forgetPreview(trouble.path);
      requestPreview(trouble.path);
    };
    return (
      <div className={styles.trouble} role="alert">
        <p>{trouble.text}</p>
        <Button onPress={again}>Try again</Button>
      </div>
    );
  }
  const { clip, missing } = trouble;
  const { foundAt, network } = missing;
  return (
    <div className={styles.trouble} role="alert">
      <p>{network ? `${clip.name} is on the network, in ${network}` : `${clip.name} is not where it was`}</p>
      <p className={`${texts.quiet} ${texts.path}`}>{clip.path}</p>
      {foundAt ? <p className={`${texts.quiet} ${texts.path}`}>Found at {foundAt}</p> : null}
      <div className={layout.row}>
        {foundAt ? (
          <Button look="primary" onPress={() => takeFound(missing, foundAt)}>
            Use it from there
          </Button>
        ) : null}
        {network ? <Button onPress={() => void attempt(reachMissing(missing))}>Look there</Button> : null}
        <Button onPress={() => void attempt(findMissing(missing))}>Look in a folder…</Button>
      </div>
    </div>
  );
}
