/** Who speaks, and by which contract. */
import manifest from '../../../package.json' with { type: 'json' };

/** Raised whenever a released call changes so that an older caller would be misunderstood. */
export const CONTRACT_VERSION = 2;
export const RETAKE_VERSION: string = manifest.version;
