/** Fetches a model from a repository; what is there already is not fetched again. */
import prettyBytes from 'pretty-bytes';
import { type FormEvent, useId, useState } from 'react';
import { cancelDownload, download } from '../actions/library.ts';
import { shell } from '../engine.ts';
import { useJobs } from '../store/jobs.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import inputs from '../ui/input.module.css';
import layout from '../ui/layout.module.css';
import { Meter } from '../ui/Meter.tsx';
import texts from '../ui/text.module.css';
import styles from './DownloadForm.module.css';
import { parseRepository, STANDARD_ENDPOINT } from './repository.ts';

export function DownloadForm() {
  const id = useId();
  const [text, setText] = useState('');
  const [endpoint, setEndpoint] = useState(STANDARD_ENDPOINT);
  const [folder, setFolder] = useState<string | null>(null);
  const running = useJobs((jobs) => jobs.download?.state === 'running');
  const [asked, setAsked] = useState(false);
  const busy = asked || running;
  const parsed = parseRepository(text, endpoint);
  const isWrong = text.trim() !== '' && parsed === null;

  const choose = async () => {
    const chosen = await attempt(shell().openFolderDialog('Folder to download models into'));
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
      <div className={styles.field}>
        <label htmlFor={`${id}-what`}>Repository</label>
        <input
          id={`${id}-what`}
          className={inputs.input}
          placeholder="owner/name, owner/name@revision, or the address of its page"
          spellCheck={false}
          aria-invalid={isWrong || undefined}
          aria-describedby={`${id}-note`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <p id={`${id}-note`} className={isWrong ? texts.problem : texts.quiet}>
          {isWrong
            ? 'This is no name of a repository; it has an owner, a slash and a name.'
            : parsed
              ? `${parsed.repository}, revision ${parsed.revision}, from ${parsed.endpoint}`
              : 'The repository holds a model exported to ONNX: unet, vae_decoder, vae_encoder, text_encoder.'}
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
          <span className={`${texts.quiet} ${texts.path}`}>{folder ?? 'No folder chosen yet'}</span>
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

function Progress() {
  const download = useJobs((jobs) => jobs.download);
  if (!download) return null;
  const { state, file, receivedBytes, totalBytes, error } = download;
  if (state === 'failed') return <p className={texts.problem}>{error ?? 'The download failed.'}</p>;
  if (state === 'cancelled')
    return <p className={texts.quiet}>Stopped. Download again to go on where it was.</p>;
  if (state === 'done') return <p className={texts.quiet}>{download.repository} is here.</p>;
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
