/** Waveform, vectorscope and histogram of the picture in the viewer; measured only while this panel is open. */
import { useEffect, useRef, useState } from 'react';
import { paintedPicture } from '../store/painted.ts';
import { useView } from '../store/view.ts';
import { useViewer } from '../store/viewer.ts';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import { drawHistogram, drawVectorscope, drawWaveform } from './draw.ts';
import { type Histogram, histogram, type Range, rangeOf, vectorscope, waveform } from './measure.ts';
import styles from './Scopes.module.css';

/** Measured at this width: the counts look the same from more, and ten times a second it costs little. */
const WIDTH = 256;
const PLAYING_MS = 100;

interface Measures {
  readonly histogram: Histogram;
  readonly waveform: Uint32Array;
  readonly vectorscope: Uint32Array;
  readonly range: Range;
}

let scratch: CanvasRenderingContext2D | null = null;

/** Null where there is no picture. */
function measure(): Measures | null {
  const picture = paintedPicture();
  if (!picture || picture.width === 0) return null;
  const height = Math.max(1, Math.round((WIDTH * picture.height) / picture.width));
  scratch ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!scratch) return null;
  scratch.canvas.width = WIDTH;
  scratch.canvas.height = height;
  scratch.drawImage(picture, 0, 0, WIDTH, height);
  const pixels = scratch.getImageData(0, 0, WIDTH, height).data;
  const levels = histogram(pixels);
  return {
    histogram: levels,
    waveform: waveform(pixels, WIDTH),
    vectorscope: vectorscope(pixels),
    range: rangeOf(levels.luma),
  };
}

function useMeasures(): Measures | null {
  const [measures, setMeasures] = useState<Measures | null>(null);
  const pictures = useViewer((state) => state.pictures);
  const plays = useView((view) => view.shuttle !== 0);
  useEffect(() => {
    void pictures;
    if (!plays) setMeasures(measure());
  }, [plays, pictures]);
  useEffect(() => {
    if (!plays) return;
    const timer = setInterval(() => setMeasures(measure()), PLAYING_MS);
    return () => clearInterval(timer);
  }, [plays]);
  return measures;
}

function percent(share: number): string {
  if (share > 0 && share < 0.001) return 'under 0.1 %';
  return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 1 : 0)} %`;
}

export function Scopes() {
  const measures = useMeasures();
  const comparing = useViewer((state) => state.comparison !== 'off');
  const wave = useRef<HTMLCanvasElement>(null);
  const vector = useRef<HTMLCanvasElement>(null);
  const levels = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!measures || !wave.current || !vector.current || !levels.current) return;
    drawWaveform(wave.current, measures.waveform);
    drawVectorscope(vector.current, measures.vectorscope);
    drawHistogram(levels.current, measures.histogram);
  }, [measures]);
  if (!measures)
    return (
      <p className={`${texts.quiet} ${layout.note}`}>
        No picture to measure yet: bring the playhead to a shot
      </p>
    );
  const { low, high, black, white } = measures.range;
  const text = `Luma from ${percent(low)} to ${percent(high)}, ${percent(black)} black, ${percent(white)} white`;
  return (
    <div className={styles.scopes}>
      <p className={texts.quiet}>
        {comparing ? 'Of A. ' : ''}
        {text}
      </p>
      <figure>
        <figcaption>Waveform</figcaption>
        <div className={`${styles.scope} ${styles.lines}`}>
          <canvas ref={wave} role="img" aria-label={`Waveform. ${text}`} />
        </div>
      </figure>
      <figure>
        <figcaption>Histogram</figcaption>
        <div className={styles.scope}>
          <canvas ref={levels} role="img" aria-label={`Histogram of red, green and blue. ${text}`} />
        </div>
      </figure>
      <figure>
        <figcaption>Vectorscope</figcaption>
        <div className={`${styles.scope} ${styles.square}`}>
          <canvas ref={vector} role="img" aria-label="Vectorscope with targets at 75 % bars" />
        </div>
      </figure>
    </div>
  );
}
