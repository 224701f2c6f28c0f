import { dnxhr } from './dnxhr.ts';

export const dnxhrSq = dnxhr({
  label: 'DNxHR SQ',
  purpose: 'for editing in Avid where space is short, 8 bit',
  profile: 'sq',
  pixelFormat: 'yuv422p',
  bitsPerPixel: { usual: 2.35, least: 2.2 },
});
