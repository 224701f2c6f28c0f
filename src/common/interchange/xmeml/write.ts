/**
 * Final Cut Pro 7's XML (xmeml 4), which Premiere and Resolve read. It knows no alternatives: takes lie on tracks above their
 * original, and only what is shown is switched on. In and out count at the sequence's rate, for readers take the clip's own for that.
 */
import type { Rational } from '../../media.ts';
import { framesLast, nearestFrame } from '../../time/exact.ts';
import { sameRational } from '../../time/rational.ts';
import { formatTimecode, nominalRate, type Timecode } from '../../time/timecode.ts';
import { type Cut, type CutMedia, cutLength, mediaLength, type WrittenCut } from '../cut.ts';
import { toFileUrl } from '../file-url.ts';
import { markersOf } from '../markers.ts';
import { type LaidClip, shownTrack, type Track, tracksOf } from '../tracks.ts';
import { type Element, element, writeXml } from '../xml.ts';

const flag = (value: boolean) => (value ? 'TRUE' : 'FALSE');

/** Whole rates, and those a thousandth below: the format has no others. */
const isTold = ({ den }: Rational) => den === 1 || den === 1001;

const rateOf = (rate: Rational) =>
  element('rate', {}, element('timebase', {}, nominalRate(rate)), element('ntsc', {}, flag(rate.den !== 1)));

export function writeXmeml(cut: Cut): WrittenCut {
  const { rate, width, height } = cut;
  const losses = new Set<string>();
  const media = Object.values(cut.media);
  for (const one of media) {
    if (!isTold(one.rate))
      losses.add(
        `${one.name} runs at ${one.rate.num}/${one.rate.den} frames a second, which the format cannot say`,
      );
    else if (!sameRational(one.rate, rate))
      losses.add(
        `${one.name} has its own rate: where a clip begins in it is rounded to a frame of the timeline`,
      );
  }
  if (markersOf(cut).some(({ colour }) => colour !== null)) losses.add('markers lose their colours');
  const writer = new Writer(cut);
  const video = tracksOf(cut);
  const heard = shownTrack(cut).filter(({ source }) => cut.media[source.media]!.sound !== null);
  const channels = Math.max(0, ...heard.map(({ source }) => cut.media[source.media]!.sound!.channels));
  const sampleRate = media.find(({ sound }) => sound)?.sound?.sampleRate ?? 48_000;
  const audio = Array.from({ length: channels }, (_, channel) =>
    heard.filter(({ source }) => cut.media[source.media]!.sound!.channels > channel),
  );
  writer.number(video, audio);
  const root = element(
    'xmeml',
    { version: 4 },
    element(
      'sequence',
      { id: 'sequence-1' },
      element('name', {}, cut.name),
      element('duration', {}, cutLength(cut)),
      rateOf(rate),
      timecodeOf(cut.start, rate, null),
      element(
        'media',
        {},
        element(
          'video',
          {},
          // Resolve loads nothing without it.
          element('format', {}, picture(rate, width, height)),
          ...video.map((track) => element('track', {}, ...track.map((clip) => writer.picture(clip)))),
        ),
        audio.length > 0 &&
          element(
            'audio',
            {},
            element('numOutputChannels', {}, Math.max(2, channels)),
            element('format', {}, sound(sampleRate)),
            ...audio.map((track, channel) =>
              element('track', {}, ...track.map((clip) => writer.sound(clip, channel))),
            ),
          ),
      ),
      ...cut.markers.map(({ at, name, note }) => marker(at, name, note)),
    ),
  );
  return { text: writeXml(root, 'xmeml'), losses: [...losses] };
}

function picture(rate: Rational, width: number, height: number): Element {
  return element(
    'samplecharacteristics',
    {},
    rateOf(rate),
    element('width', {}, width),
    element('height', {}, height),
    element('anamorphic', {}, 'FALSE'),
    element('pixelaspectratio', {}, 'square'),
    element('fielddominance', {}, 'none'),
  );
}

const sound = (sampleRate: number) =>
  element('samplecharacteristics', {}, element('depth', {}, 24), element('samplerate', {}, sampleRate));

function timecodeOf(timecode: Timecode, rate: Rational, reel: string | null): Element {
  return element(
    'timecode',
    {},
    rateOf(rate),
    element('string', {}, formatTimecode(timecode, rate)),
    element('frame', {}, timecode.frames),
    element('displayformat', {}, timecode.drop ? 'DF' : 'NDF'),
    reel !== null && element('reel', {}, element('name', {}, reel)),
  );
}

function marker(at: number, name: string, note: string): Element {
  return element(
    'marker',
    {},
    element('name', {}, name),
    element('comment', {}, note),
    element('in', {}, at),
    // One frame long, as the format says it.
    element('out', {}, -1),
  );
}

class Writer {
  readonly #cut: Cut;
  /** Files are told whole where they are met first. */
  readonly #told = new Set<string>();
  readonly #ids = new Map<LaidClip, string>();
  readonly #links = new Map<string, Element[]>();

  constructor(cut: Cut) {
    this.#cut = cut;
  }

  /** Names every piece, and says which of them belong together: the picture that is shown and its sound. */
  number(video: readonly Track[], audio: readonly Track[]): void {
    const link = (at: number, id: string, kind: string, track: number, index: number) => {
      const entries = this.#links.get(`${at}`) ?? [];
      entries.push(
        element(
          'link',
          {},
          element('linkclipref', {}, id),
          element('mediatype', {}, kind),
          element('trackindex', {}, track + 1),
          element('clipindex', {}, index + 1),
        ),
      );
      this.#links.set(`${at}`, entries);
    };
    let count = 0;
    const heard = new Set(audio.flat().map(({ at, source }) => `${at} ${source.media}`));
    for (const [t, track] of video.entries())
      for (const [i, clip] of track.entries()) {
        const id = `clipitem-${++count}`;
        this.#ids.set(clip, id);
        if (heard.has(`${clip.at} ${clip.source.media}`)) link(clip.at, id, 'video', t, i);
      }
    for (const [t, track] of audio.entries())
      for (const [i, clip] of track.entries()) link(clip.at, soundId(clip, t), 'audio', t, i);
  }

  picture(clip: LaidClip): Element {
    const { name, note, markers, at } = clip;
    const media = this.#cut.media[clip.source.media]!;
    const from = nearestFrame(clip.source.from, this.#cut.rate);
    const id = this.#ids.get(clip)!;
    const links = this.#links.get(`${at}`) ?? [];
    const linked = links.some(
      ({ children: [first] }) => typeof first === 'object' && first.children[0] === id,
    );
    return this.#item(
      id,
      clip,
      media,
      ...(linked && links.length > 1 ? links : []),
      ...markers.map((one) => marker(from + one.at, one.name, one.note)),
      element(
        'logginginfo',
        {},
        element('scene', {}, name),
        element('shottake', {}, clip.source.name),
        element('lognote', {}, note),
      ),
    );
  }

  sound(clip: LaidClip, channel: number): Element {
    const media = this.#cut.media[clip.source.media]!;
    const track = element(
      'sourcetrack',
      {},
      element('mediatype', {}, 'audio'),
      element('trackindex', {}, channel + 1),
    );
    return this.#item(soundId(clip, channel), clip, media, track, ...(this.#links.get(`${clip.at}`) ?? []));
  }

  #item(id: string, clip: LaidClip, media: CutMedia, ...more: readonly Element[]): Element {
    const { rate } = this.#cut;
    const { at, frames, source, enabled } = clip;
    const from = nearestFrame(source.from, rate);
    return element(
      'clipitem',
      { id },
      element('name', {}, media.name),
      element('enabled', {}, flag(enabled)),
      element('duration', {}, nearestFrame(mediaLength(media), rate)),
      rateOf(rate),
      element('start', {}, at),
      element('end', {}, at + frames),
      element('in', {}, from),
      element('out', {}, from + frames),
      this.#file(media),
      ...more,
    );
  }

  #file({ id, name, path, rate, frames, timecode, reel, width, height, sound: heard }: CutMedia): Element {
    if (this.#told.has(id)) return element('file', { id });
    this.#told.add(id);
    return element(
      'file',
      { id },
      element('name', {}, name),
      element('pathurl', {}, toFileUrl(path).replace(/^file:\/\/\//, 'file://localhost/')),
      rateOf(rate),
      element(
        'duration',
        {},
        isTold(rate) ? frames : nearestFrame(framesLast(frames, rate), { num: nominalRate(rate), den: 1 }),
      ),
      (timecode || reel !== null) && timecodeOf(timecode ?? { frames: 0, drop: false }, rate, reel),
      element(
        'media',
        {},
        element('video', {}, picture(rate, width, height)),
        heard && element('audio', {}, sound(heard.sampleRate), element('channelcount', {}, heard.channels)),
      ),
    );
  }
}

const soundId = ({ at }: LaidClip, channel: number) => `sound-${at}-${channel + 1}`;
