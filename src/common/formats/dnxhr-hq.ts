import { dnxhr } from './dnxhr.ts';

export const dnxhrHq = dnxhr({
  label: 'DNxHR HQ',
  purpose: 'for editing in Avid, 8 bit',
  profile: 'hq',
  pixelFormat: 'yuv422p',
  bitsPerPixel: { usual: 3.55, least: 3.45 },
});
