/** What an artist should know of a clip before editing it. Pure. */
import { KEEP_TRANSPARENCY } from '../../../common/formats/registry.ts';
import type { AudioStream } from '../../../common/media.ts';
import { toNumber } from '../../../common/time/rational.ts';
import type { Banner, VideoStream } from './banner.ts';
import type { Cadence } from './cadence.ts';
import type { Clock } from './clock.ts';
import { judgeColour } from './colour.ts';
import { canToneMap, type Ffmpeg } from './ffmpeg.ts';
import { holdsLight } from './linear.ts';
import type { Pictures } from './pictures.ts';

/** What was measured on a file. */
export interface Found {
  readonly banner: Banner;
  readonly video: VideoStream;
  readonly pictures: Pictures;
  /** The streams that decode. */
  readonly audio: readonly AudioStream[];
  /** Of each of the others why not. */
  readonly unheard: readonly string[];
  readonly ffmpeg: Ffmpeg;
}

/** ffmpeg turns by quarters, give or take a degree; any other turn would show the picture askew on black. */
export function isQuarterTurn(degrees: number): boolean {
  return Math.abs(degrees - Math.round(degrees / 90) * 90) < 1;
}

export function warningsOf(
  found: Found,
  clock: Clock,
  cadence: Cadence,
  { hdr, alpha }: { hdr: boolean; alpha: boolean },
): string[] {
  const { banner, video, pictures } = found;
  const warnings: string[] = [];
  const videos = banner.videos.filter((stream) => !stream.attachedPicture).length;
  if (videos > 1) {
    const order = banner.videos.filter((stream) => !stream.attachedPicture).indexOf(video);
    warnings.push(`${videos} video streams: ${order === 0 ? 'the first' : `number ${order + 1}`} is used`);
  }
  const rateText = `${Number(toNumber(cadence.rate).toFixed(3))} frames per second`;
  for (const { picture, jump } of clock.joins) {
    const frame = cadence.places[picture]!;
    warnings.push(
      `joined recordings: at frame ${frame} the clock jumps ${jump < 0 ? 'back' : 'ahead'} by ${Math.abs(jump).toFixed(1)} seconds; picture and sound go on without a gap`,
    );
  }
  if (clock.mended > 0) {
    const pictures = clock.mended === 1 ? 'a picture has' : `${clock.mended} pictures have`;
    warnings.push(`${pictures} no time or a wrong one: taken in the order in which they decode`);
  }
  const used = new Set(cadence.places).size;
  const crowded = cadence.places.length - used;
  if (crowded > 0) {
    warnings.push(
      `${crowded} of ${cadence.places.length} pictures follow each other faster than the frames and are left out`,
    );
  }
  if (cadence.variable) warnings.push(`variable frame rate: conformed to ${rateText}`);
  if (!isQuarterTurn(video.rotation)) {
    warnings.push(`turned by ${video.rotation}°, which is no quarter: the picture is taken as it is stored`);
  }
  if (pictures.fieldOrder !== 'progressive')
    warnings.push('interlaced: fields are combined into full frames');
  if (hdr) {
    warnings.push(
      canToneMap(found.ffmpeg)
        ? 'HDR picture: tone-mapped to standard range, the take is BT.709'
        : 'HDR picture, and this ffmpeg cannot tone-map: colours will look flat',
    );
  }
  const { colour } = video;
  const { pixelFormat } = pictures;
  warnings.push(...judgeColour({ colour, pixelFormat, hdr }, found.ffmpeg.filters.has('zscale')).warnings);
  if (holdsLight({ pixelFormat, colour })) {
    warnings.push('linear light: shown as a display shows it, takes but OpenEXR end at its white');
  }
  if (alpha) warnings.push(`transparent: takes in ${KEEP_TRANSPARENCY} keep it, others do not`);
  if (pictures.sizeChanges)
    warnings.push('the picture size changes on the way: all frames take the first size');
  if (pictures.errors > 0) {
    warnings.push(
      `damaged data (${pictures.errors} decoding errors): the ${used} pictures that decode are used`,
    );
  }
  const promised = banner.durationSeconds;
  const seconds = cadence.frames / toNumber(cadence.rate);
  if (promised !== null && clock.joins.length === 0 && seconds < promised * 0.9 - 0.5) {
    warnings.push(`the picture ends after ${seconds.toFixed(1)} of ${promised.toFixed(1)} seconds`);
  }
  warnings.push(...found.unheard);
  return warnings;
}
