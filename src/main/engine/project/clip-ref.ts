/** A clip as a project knows it. */
import { randomUUID } from 'node:crypto';
import { parse } from 'node:path';
import type { ClipInfo } from '../../../common/media.ts';
import type { ClipRef } from '../../../common/project/document.ts';
import { fingerprintOf } from '../media/fingerprint.ts';

export async function clipRefOf(info: ClipInfo): Promise<ClipRef> {
  return {
    id: randomUUID(),
    path: info.path,
    fingerprint: await fingerprintOf(info.path),
    name: parse(info.path).name,
    rate: info.rate,
    frames: info.frames,
    width: info.width,
    height: info.height,
    timecode: info.timecode,
    hasAudio: info.audio.length > 0,
  };
}
