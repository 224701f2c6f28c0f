/** A job that was sent: where to, how far it is, and what can be asked of it. */
import { ChevronRight, Download, FolderOpen, RotateCw, Trash2, X } from 'lucide-react';
import type { FarmStatus } from '../../common/contract/farm.ts';
import { cancelAtFarm, collectNow, forgetAtFarm, revealAtFarm, sendAgain } from '../actions/farm.ts';
import { type FarmWish, isOut, useDrivers, useFarm } from '../store/farm.ts';
import { attempt } from '../store/notices.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { Meter } from '../ui/Meter.tsx';
import { Tag } from '../ui/Tag.tsx';
import texts from '../ui/text.module.css';
import styles from './JobRow.module.css';
import { type Place, Row } from './Row.tsx';
import { analysedText, canBe, jobFraction } from './rows.ts';

interface Props {
  readonly place: Place;
  readonly job: FarmStatus;
  /** Name of its project where that is not the open one. */
  readonly elsewhere: string | null;
  readonly isOpen: boolean;
  readonly onFold: (isOpen: boolean) => void;
}

const ASKED: Readonly<Record<FarmWish, string>> = {
  cancel: 'Cancelling…',
  again: 'Sending again…',
  collect: 'Collecting…',
  forget: 'Forgetting…',
};

export function JobRow({ place, job, elsewhere, isOpen, onFold }: Props) {
  const wish = useFarm((farm) => farm.wishes[job.folder]);
  const drivers = useDrivers();
  const { name, folder, driver, words, problem, state } = job;
  const label = drivers?.find(({ id }) => id === driver)?.label ?? driver;
  const analysed = analysedText(job);
  return (
    <Row place={place} kind="job" label={`${name}${label ? `, ${label}` : ''}: ${words}`}>
      <div className={styles.head}>
        <button
          type="button"
          className={styles.fold}
          aria-expanded={isOpen}
          tabIndex={place.isActive ? 0 : -1}
          onClick={() => onFold(!isOpen)}
        >
          <ChevronRight aria-hidden="true" />
          <span className={styles.name} title={folder}>
            {name}
          </span>
        </button>
        <Buttons job={job} isBusy={wish !== undefined} />
      </div>
      <div className={styles.what}>
        {elsewhere ? (
          <p className={styles.tags}>
            <Tag>{elsewhere}</Tag>
          </p>
        ) : null}
        <p className={state === 'failed' && !wish ? texts.problem : texts.quiet} role="status">
          {wish ? ASKED[wish] : [label, words, analysed].filter(Boolean).join(' · ')}
        </p>
        {problem ? <p className={texts.warn}>{problem}</p> : null}
        {isOut(job) ? (
          <Meter label={`Progress of ${name}`} percent={Math.floor(jobFraction(job) * 100)} />
        ) : null}
      </div>
    </Row>
  );
}

function Buttons({ job, isBusy }: { readonly job: FarmStatus; readonly isBusy: boolean }) {
  const { name } = job;
  const can = canBe(job);
  return (
    <div className={styles.buttons}>
      {can.collected ? (
        <IconButton
          name={`Collect what is ready of ${name}`}
          isDisabled={isBusy}
          onPress={() => void attempt(collectNow(job))}
        >
          <Download />
        </IconButton>
      ) : null}
      {can.sent ? (
        <IconButton
          name={`Send again what is missing of ${name}`}
          isDisabled={isBusy}
          onPress={() => void attempt(sendAgain(job))}
        >
          <RotateCw />
        </IconButton>
      ) : null}
      <IconButton name={`Show the folder of ${name}`} onPress={() => void attempt(revealAtFarm(job))}>
        <FolderOpen />
      </IconButton>
      {can.forgotten ? (
        <IconButton
          name={`Forget ${name}; its folder stays`}
          isDisabled={isBusy}
          onPress={() => void attempt(forgetAtFarm(job))}
        >
          <Trash2 />
        </IconButton>
      ) : null}
      {can.cancelled ? (
        <IconButton
          name={`Cancel ${name}`}
          isDisabled={isBusy}
          onPress={() => void attempt(cancelAtFarm(job))}
        >
          <X />
        </IconButton>
      ) : null}
    </div>
  );
}
