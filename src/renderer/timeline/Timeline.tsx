/** The timeline: tools, the drawn lanes, and the same items as elements for keyboards and assistive technology. */
import { useEffect, useRef } from 'react';
import { run } from '../actions/registry.ts';
import { useLength } from '../store/current.ts';
import { useView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import { Items } from './Items.tsx';
import { ResizeHandle } from './ResizeHandle.tsx';
import { runSurface } from './surface.ts';
import { Toolbar } from './Toolbar.tsx';
import './timeline.css';

export function Timeline() {
  const height = useView((view) => view.timelineHeight);
  const empty = useLength() === 0;
  return (
    <section className="timeline" aria-label="Timeline" style={{ height: `${height / 13}rem` }}>
      <ResizeHandle />
      <Toolbar />
      <div className="timeline-lanes">
        <Surface />
        <Items />
        {empty ? (
          <div className="timeline-empty">
            <p className="quiet">Drop a clip here, or</p>
            <Button onPress={() => void run('file.import')}>Import clips…</Button>
          </div>
        ) : null}
      </div>
    </section>
  );
}

/** Drawn for the eye alone: Items says the same to everyone else. */
function Surface() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => (canvas.current ? runSurface(canvas.current) : undefined), []);
  return (
    <div aria-hidden="true">
      <canvas ref={canvas} className="timeline-canvas" />
    </div>
  );
}
