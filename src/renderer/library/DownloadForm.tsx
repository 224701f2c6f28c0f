/** Fetches from a repository: looked into first, then downloaded; what is there already is not fetched again. */
import prettyBytes from 'pretty-bytes';
import { type FormEvent, useId, useState } from 'react';
import type { Offer } from '../../common/contract/library.ts';
import { STANDARD_ENDPOINT } from '../../common/suggested-models.ts';
import { cancelDownload, download } from '../actions/library.ts';
import { call, shell } from '../engine.ts';
import { useJobs } from '../store/jobs.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import inputs from '../ui/input.module.css';
import layout from '../ui/layout.module.css';
import { Meter } from '../ui/Meter.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import styles from './DownloadForm.module.css';
import { parseRepository } from './repository.ts';
import { Suggestions } from './Suggestions.tsx';

export function DownloadForm() {
  const id = useId();
  const [text, setText] = useState('');
  const [endpoint, setEndpoint] = useState(STANDARD_ENDPOINT);
  const [folder, setFolder] = useState<string | null>(null);
  const [offer, setOffer] = useState<{ readonly of: string; readonly told: Offer } | null>(null);
  const [looking, setLooking] = useState(false);
  const running = useJobs((jobs) => jobs.download?.state === 'running');
  const [asked, setAsked] = useState(false);
  const busy = asked || running;
  const parsed = parseRepository(text, endpoint);
  const isWrong = text.trim() !== '' && parsed === null;
  const key = JSON.stringify(parsed);

  const look = async (typed: string) => {
    const of = parseRepository(typed, endpoint);
    if (!of) return;
    setLooking(true);
    const told = await attempt(call('library.offer', of));
    setLooking(false);
    if (told) setOffer({ of: JSON.stringify(of), told });
  };
  const choose = async () => {
    const chosen = await attempt(shell().openFolderDialog('Folder to download into'));
    if (chosen) setFolder(chosen);
  };
  const start = async (event: FormEvent) => {
    event.preventDefault();
    if (!parsed || folder === null || busy) return;
    setAsked(true);
    await attempt(download({ ...parsed, folder }));
    setAsked(false);
  };

  return (
    <form className={styles.download} onSubmit={(event) => void start(event)}>
      <Suggestions
        chosen={parsed?.repository ?? null}
        onChoose={(repository) => {
          setText(repository);
          void look(repository);
        }}
      />
      <div className={styles.field}>
        <label htmlFor={`${id}-what`}>Repository</label>
        <div className={styles.line}>
          <input
            id={`${id}-what`}
            className={inputs.input}
            placeholder="owner/name, owner/name@revision, or the address of its page or of a file"
            spellCheck={false}
            aria-invalid={isWrong || undefined}
            aria-describedby={`${id}-note`}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Button isDisabled={!parsed || looking} onPress={() => void look(text)}>
            {looking ? 'Looking…' : 'Look into it'}
          </Button>
        </div>
        <p id={`${id}-note`} className={isWrong ? texts.problem : texts.quiet}>
          {isWrong
            ? 'This is no name of a repository; it has an owner, a slash and a name.'
            : parsed && offer?.of === key
              ? offerLine(offer.told)
              : parsed
                ? `${parsed.file ?? parsed.repository}, revision ${parsed.revision}, from ${parsed.endpoint}`
                : 'It holds .safetensors (a diffusers folder, a checkpoint, a LoRA, a ControlNet) or a model exported to ONNX.'}
        </p>
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-endpoint`}>Server</label>
        <input
          id={`${id}-endpoint`}
          className={inputs.input}
          spellCheck={false}
          value={endpoint}
          onChange={(event) => setEndpoint(event.target.value)}
        />
      </div>
      <div className={styles.field}>
        <span>Into</span>
        <div className={layout.row}>
          <Button onPress={() => void choose()}>Choose a folder…</Button>
          <span className={`${texts.quiet} ${texts.path}`}>
            {folder ?? 'No folder chosen yet. In a ComfyUI or A1111 folder it goes where that looks for it'}
          </span>
        </div>
      </div>
      <Progress />
      <div className={layout.row}>
        <Button type="submit" look="primary" isDisabled={!parsed || folder === null || busy}>
          Download
        </Button>
        {busy ? <Button onPress={() => void attempt(cancelDownload())}>Stop</Button> : null}
        {!busy && (!parsed || folder === null) ? (
          <span className={texts.quiet}>
            {parsed ? 'Choose a folder first.' : 'Name a repository first.'}
          </span>
        ) : null}
      </div>
    </form>
  );
}

const KINDS = {
  model: 'A model',
  lora: 'A LoRA',
  controlnet: 'A ControlNet',
  embedding: 'An embedding',
  vae: 'A VAE',
  estimator: 'An estimator',
  other: 'Files',
} as const;

/** "A model, 2.6 GB in 13 files. Licence: openrail++" */
function offerLine({ kind, as, bytes, files, licence }: Offer): string {
  const what = kind === null ? (as === 'file' ? 'One file' : 'A network') : KINDS[kind];
  const size = `${prettyBytes(bytes)} in ${count(files.length, 'file')}`;
  return `${what}, ${size}. ${licence ? `Licence: ${licence}` : 'The repository tells no licence'}`;
}

function Progress() {
  const now = useJobs((jobs) => jobs.download);
  if (!now) return null;
  const { state, file, receivedBytes, totalBytes, error } = now;
  if (state === 'failed') return <p className={texts.problem}>{error ?? 'The download failed.'}</p>;
  if (state === 'cancelled')
    return <p className={texts.quiet}>Stopped. Download again to go on where it was.</p>;
  if (state === 'done') return <p className={texts.quiet}>{now.repository} is here.</p>;
  const percent = totalBytes > 0 ? Math.floor((receivedBytes / totalBytes) * 100) : 0;
  return (
    <div className={styles.field}>
      <p>
        {file} · {prettyBytes(receivedBytes)} of {prettyBytes(totalBytes)}
      </p>
      <Meter label="Download" percent={percent} />
    </div>
  );
}
