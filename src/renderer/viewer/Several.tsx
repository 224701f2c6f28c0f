/** Three or four pictures of one shot beside each other, with one playhead, one zoom and one pan. */
import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { run } from '../actions/registry.ts';
import { setPainter } from '../store/painted.ts';
import { useDocument } from '../store/project.ts';
import { type Choice, useViewer } from '../store/viewer.ts';
import { IconButton } from '../ui/IconButton.tsx';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import { Follower } from './follower.ts';
import pictures from './picture.module.css';
import { Player } from './player.ts';
import styles from './Several.module.css';
import { useCamera } from './use-camera.ts';
import type { Picture } from './use-picture.ts';

const idOf = (choice: Choice) => (typeof choice === 'string' ? choice : choice.take);

function useNames(): (choice: Choice) => string {
  const takes = useDocument((document) => document.takes);
  return (choice) => (typeof choice === 'string' ? 'Clip' : (takes[choice.take]?.name ?? 'Gone'));
}

export function Several({ picture }: { readonly picture: Picture }) {
  const pane = useRef<HTMLDivElement>(null);
  const hosts = useRef(new Map<string, HTMLDivElement>());
  const { several, shown, shownSecond, camera } = useViewer(({ several, shown, shownSecond, camera }) => ({
    ...{ several, shown, shownSecond, camera },
  }));
  const { style, onPointerDown } = useCamera(pane, picture.size);
  const nameOf = useNames();
  useEffect(() => {
    const host = (choice: Choice) => hosts.current.get(idOf(choice));
    const [first, second, ...others] = several;
    const [one, two] = [first && host(first), second && host(second)];
    if (!one || !two) return;
    // The first two are A and B of the comparison: the player moves the playhead by them.
    const player = new Player(one, two);
    setPainter(player);
    const followers = others.flatMap((choice) => {
      const place = host(choice);
      return place ? [new Follower(place, choice)] : [];
    });
    return () => {
      setPainter(null);
      player.dispose();
      for (const follower of followers) follower.dispose();
    };
  }, [several]);
  return (
    <div
      className={styles.several}
      data-shown-frame={shown ?? undefined}
      data-shown-second={shownSecond ?? undefined}
      data-pans={camera.zoom !== null || undefined}
      onPointerDown={onPointerDown}
    >
      {several.map((choice, index) => (
        <div
          key={idOf(choice)}
          className={styles.pane}
          data-pane={idOf(choice)}
          ref={index === 0 ? pane : null}
        >
          <div className={pictures.picture} style={style}>
            <div
              className={pictures.videos}
              ref={(element) => {
                if (element) hosts.current.set(idOf(choice), element);
              }}
            />
          </div>
          <span className={`${pictures.name} ${styles.name}`}>{nameOf(choice)}</span>
        </div>
      ))}
    </div>
  );
}

/** Which they are, and the way out. */
export function SeveralBar() {
  const several = useViewer((state) => state.several);
  const nameOf = useNames();
  return (
    <div className={layout.toolbar} role="toolbar" aria-label="Comparison">
      <span className={texts.oneLine}>{several.map(nameOf).join(' · ')}</span>
      <IconButton name="Stop comparing" onPress={() => void run('compare.toggle')}>
        <X />
      </IconButton>
    </div>
  );
}
