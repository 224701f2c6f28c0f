/** Pictures of the artist's own that stand for frames of the shot: which there are, and one more for the frame in sight. */
import { ImagePlus, X } from 'lucide-react';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { getMasked } from '../../actions/masked.ts';
import { shell } from '../../engine.ts';
import { tryTo } from '../../store/notices.ts';
import { Button } from '../../ui/Button.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import layout from '../../ui/layout.module.css';
import texts from '../../ui/text.module.css';
import { count } from '../../words.ts';
import { DIFFERS } from '../NumberInput.tsx';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

type Pictures = EditSettings['guide']['pictures'];

export function PicturesWidget(props: WidgetProps<'pictures'>) {
  const { shot, shots, differs, onChange } = props;
  const pictures = props.value as Pictures;
  if (shots.length > 1) {
    const said = pictures.length > 0 ? count(pictures.length, 'picture') : 'None';
    return <Row {...props}>{() => <span className={texts.quiet}>{differs ? DIFFERS : said}</span>}</Row>;
  }
  const add = async () => {
    const sight = getMasked();
    const frame = sight?.shot.id === shot.id ? sight.frame : shot.leadAnchor;
    const [path] = (await shell().openClipDialog()) ?? [];
    if (path === undefined) return;
    const others = pictures.filter((one) => one.frame !== frame);
    onChange([...others, { frame, path, at: 0 }].sort((a, b) => a.frame - b.frame));
  };
  return (
    <Row {...props}>
      {() => (
        <>
          <Button look="plain" onPress={() => tryTo(add)}>
            <ImagePlus aria-hidden="true" />
            Use a picture for this frame…
          </Button>
          {pictures.map(({ frame, path }) => (
            <div key={frame} className={layout.row}>
              <span>Frame {frame}</span>
              <span className={texts.quiet}>{path.split(/[\\/]/).at(-1)}</span>
              <span className={layout.spring} />
              <IconButton
                name={`Frame ${frame} as it is in the clip`}
                onPress={() => onChange(pictures.filter((one) => one.frame !== frame))}
              >
                <X />
              </IconButton>
            </div>
          ))}
        </>
      )}
    </Row>
  );
}
