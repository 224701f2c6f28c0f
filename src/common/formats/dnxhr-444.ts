import { dnxhr } from './dnxhr.ts';

export const dnxhr444 = dnxhr({
  label: 'DNxHR 444',
  purpose: 'for compositing in Avid, 10 bit without halved colours',
  profile: '444',
  pixelFormat: 'yuv444p10le',
  bitsPerPixel: { usual: 7.05, least: 6.95 },
});
