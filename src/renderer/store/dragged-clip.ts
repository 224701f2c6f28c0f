/** What a drag out of the clip bin carries: the clip's id. */
export const CLIP_TYPE = 'application/x-retake-clip';
