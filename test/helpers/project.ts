/** A small but complete project document around files that exist. */
import { writeFileSync } from 'node:fs';
import type { ClipRef, ProjectDocument } from '../../src/common/project/document.ts';
import { emptyProject } from '../../src/common/project/document.ts';
import { fingerprintOf } from '../../src/main/engine/media/fingerprint.ts';
import { shotWith } from './job-settings.ts';

export async function clipRefOf(path: string, more: Partial<ClipRef> = {}): Promise<ClipRef> {
  const fingerprint = await fingerprintOf(path).catch(() => ({ bytes: 1, digest: 'none' }));
  return {
    id: 'clip-1',
    path,
    fingerprint,
    name: 'a clip',
    rate: { num: 24, den: 1 },
    frames: 48,
    width: 64,
    height: 64,
    timecode: null,
    hasAudio: false,
    ...more,
  };
}

export function withClip(clip: ClipRef, takePath: string | null = null): ProjectDocument {
  const settings = shotWith({ prompt: 'a red car', sourcePrompt: 'a car' });
  const shot = { kind: 'shot' as const, id: 'shot-1', name: 'Shot 1', clipId: clip.id, start: 0, end: 24 };
  return {
    ...emptyProject('A project'),
    clips: { [clip.id]: clip },
    timeline: [{ ...shot, anchors: [4], leadAnchor: 4, settings, takeId: takePath ? 'take-1' : null }],
    takes: takePath
      ? {
          'take-1': {
            id: 'take-1',
            shotId: shot.id,
            name: 'Take 1',
            rating: 3,
            note: '',
            path: takePath,
            createdAt: 1,
            start: 0,
            end: 24,
            anchor: 4,
            settings,
            bundle: 'tiny',
            seconds: 1,
            reconstruction: 41.2,
          },
        }
      : {},
  };
}

/** A take as a render leaves it: a file, and the report that proves whose it is. */
export function writeTake(path: string, content = 'take'): void {
  writeFileSync(path, content);
  const report = { retake: '0.1.0', job: 'job', take: { path, bytes: Buffer.byteLength(content) } };
  writeFileSync(path.replace(/\.[^.]+$/, '.report.json'), JSON.stringify(report));
}
