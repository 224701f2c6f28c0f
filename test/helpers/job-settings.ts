import { editSettings } from '../../src/common/settings.ts';

export const settings = editSettings.parse({
  clip: 'a clip 🚙.mp4',
  bundle: 'tiny',
  out: 'take.mov',
  sourcePrompt: 'a jeep',
  prompt: 'a red car\nin the snow',
  params: { w: [0.1, 0.5], self: true },
});
