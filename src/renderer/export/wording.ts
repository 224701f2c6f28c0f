/** What the sheet calls things. */
import type { What } from '../../common/delivery/choice.ts';
import { FORMATS, TAKE_FORMATS } from '../../common/formats/registry.ts';
import type { Option } from '../ui/Select.tsx';
import { sentence } from '../words.ts';

interface WhatWords {
  readonly name: string;
  /** Why it cannot be chosen. */
  readonly none: string;
  /** What comes of it where files are made. */
  readonly made: string;
  /** Where they are copied or stay. */
  readonly kept: string;
}

const TAKE_EACH = 'A file for each take, with all its frames.';
const SHOT_EACH = 'A file for each shot: the take that it shows, else its clip.';
const SHOWN = 'The files that it shows.';

export const WHAT_WORDS: Readonly<Record<What, WhatWords>> = {
  takes: {
    name: 'Chosen takes',
    none: 'Choose takes in the list, or show one',
    made: TAKE_EACH,
    kept: TAKE_EACH,
  },
  'all-takes': { name: 'All takes', none: 'There are no takes yet', made: TAKE_EACH, kept: TAKE_EACH },
  shots: { name: 'Chosen shots', none: 'Choose shots on the timeline', made: SHOT_EACH, kept: SHOT_EACH },
  'all-shots': {
    name: 'Every shot',
    none: 'Nothing is on the timeline',
    made: SHOT_EACH,
    kept: SHOT_EACH,
  },
  range: {
    name: 'In to Out',
    none: 'Set In and Out on the timeline (I, O)',
    made: 'One movie of it, as it plays: takes where they are shown, clips around them.',
    kept: SHOWN,
  },
  timeline: {
    name: 'Whole timeline',
    none: 'Nothing is on the timeline',
    made: 'One movie of it, as it plays: takes where they are shown, clips around them.',
    kept: SHOWN,
  },
};

/** Ways to hand media over that are no formats. */
export const KEPT: readonly Option[] = [
  { id: 'copy', name: 'Copies of the files', note: 'Nothing is encoded again; for another machine' },
  { id: 'link', name: 'Files where they lie', note: 'Only timelines are written; for this machine' },
];

export const MADE: readonly Option[] = TAKE_FORMATS.map((id) => ({
  id,
  name: FORMATS[id].label,
  note: sentence(FORMATS[id].purpose),
}));
