/** How each of the formats is written. */
import type { Cut, WrittenCut } from './cut.ts';
import { writeEdl } from './edl.ts';
import { writeFcpxml } from './fcpxml/write.ts';
import type { FcpxmlVersion, TimelineFormatId } from './formats.ts';
import { writeKdenlive } from './mlt/kdenlive.ts';
import { writeShotcut } from './mlt/shotcut.ts';
import { writeOtio } from './otio/write.ts';
import { writeXmeml } from './xmeml/write.ts';

interface TimelineOptions {
  readonly fcpxml: FcpxmlVersion;
}

export const WRITERS: Readonly<Record<TimelineFormatId, (cut: Cut, options: TimelineOptions) => WrittenCut>> =
  {
    fcpxml: (cut, { fcpxml }) => writeFcpxml(cut, 'auditions', fcpxml),
    resolve: (cut) => writeFcpxml(cut, 'lanes', '1.10'),
    xmeml: (cut) => writeXmeml(cut),
    otio: (cut) => writeOtio(cut, 'references'),
    'otio-tracks': (cut) => writeOtio(cut, 'tracks'),
    edl: (cut) => writeEdl(cut),
    kdenlive: (cut) => writeKdenlive(cut),
    shotcut: (cut) => writeShotcut(cut),
  };
