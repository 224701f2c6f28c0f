/** Pictures of the artist's own that stand for frames of the shot: which there are, and one more for the frame in sight. */
import { ImageDown, ImagePlus, ImageUp, X } from 'lucide-react';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { givePicture, giveTakeFrame, removePicture } from '../../actions/painted.ts';
import { CommandButton } from '../../commands/CommandButton.tsx';
import { tryTo } from '../../store/notices.ts';
import { Button } from '../../ui/Button.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import layout from '../../ui/layout.module.css';
import { DIFFERS } from '../../ui/NumberInput.tsx';
import texts from '../../ui/text.module.css';
import { count } from '../../words.ts';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

type Pictures = EditSettings['guide']['pictures'];

export function PicturesWidget(props: WidgetProps<'pictures'>) {
  const { shot, shots, differs } = props;
  const pictures = props.value as Pictures;
  if (shots.length > 1) {
    const said = pictures.length > 0 ? count(pictures.length, 'picture') : 'None';
    return <Row {...props}>{() => <span className={texts.quiet}>{differs ? DIFFERS : said}</span>}</Row>;
  }
  return (
    <Row {...props}>
      {() => (
        <>
          <div className={layout.row}>
            <Button look="plain" onPress={() => tryTo(() => givePicture(shot))}>
              <ImagePlus aria-hidden="true" />
              Use a picture for this frame…
            </Button>
            <CommandButton id="frame.save">
              <ImageDown />
            </CommandButton>
          </div>
          {shot.takeId === null ? null : (
            <Button look="plain" onPress={() => tryTo(() => giveTakeFrame(shot))}>
              <ImageUp aria-hidden="true" />
              Use the take's frame
            </Button>
          )}
          {pictures.map(({ frame, path }) => (
            <div key={frame} className={layout.row}>
              <span>Frame {frame}</span>
              <span className={texts.quiet}>{path.split(/[\\/]/).at(-1)}</span>
              <span className={layout.spring} />
              <IconButton
                name={`Frame ${frame} as it is in the clip`}
                onPress={() => tryTo(() => removePicture(shot, frame))}
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
