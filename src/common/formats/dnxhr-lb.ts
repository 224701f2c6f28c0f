import { dnxhr } from './dnxhr.ts';

export const dnxhrLb = dnxhr({
  label: 'DNxHR LB',
  purpose: 'for cutting offline in Avid, 8 bit',
  profile: 'lb',
  pixelFormat: 'yuv422p',
  bitsPerPixel: { usual: 0.72, least: 0.7 },
});
