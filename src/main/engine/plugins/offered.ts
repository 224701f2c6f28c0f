/** What this Retake asks plugins: every major of every suite that has a caller. */
import { farmV1 } from '../../../common/plugins/farm-v1.ts';
import { frames1 } from '../../../common/plugins/frames-v1.ts';
import { sampling1 } from '../../../common/plugins/sampling-v1.ts';
import type { Suite } from '../../../common/plugins/suites.ts';
import { timelineV1 } from '../../../common/plugins/timeline-v1.ts';

export const OFFERED: readonly Suite[] = [timelineV1, sampling1, frames1, farmV1];
