/** What this Retake asks plugins: every major of every suite that has a caller. */
import type { Suite } from '../../../common/plugins/suites.ts';
import { timelineV1 } from '../../../common/plugins/timeline-v1.ts';

export const OFFERED: readonly Suite[] = [timelineV1];
