import { dnxhr } from './dnxhr.ts';

export const dnxhrHqx = dnxhr({
  label: 'DNxHR HQX',
  purpose: 'for editing and grading in Avid, 10 bit',
  profile: 'hqx',
  pixelFormat: 'yuv422p10le',
  bitsPerPixel: { usual: 3.55, least: 3.45 },
});
