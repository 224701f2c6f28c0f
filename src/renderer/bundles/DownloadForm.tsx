/** Fetches a model from a repository; what is there already is not fetched again. */
import { type FormEvent, useId, useState } from 'react';
import { cancelDownload, downloadBundle } from '../actions/bundles.ts';
import { shell } from '../engine.ts';
import { useJobs } from '../store/jobs.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import { bytes } from '../words.ts';
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
    await attempt(downloadBundle({ ...parsed, folder }));
    setAsked(false);
  };

  return (
    <form className="download" onSubmit={(event) => void start(event)}>
      <div className="field">
        <label htmlFor={`${id}-what`}>Repository</label>
        <input
          id={`${id}-what`}
          className="input"
          placeholder="owner/name, owner/name@revision, or the address of its page"
          spellCheck={false}
          aria-invalid={isWrong || undefined}
          aria-describedby={`${id}-note`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <p id={`${id}-note`} className={isWrong ? 'problem-text' : 'quiet'}>
          {isWrong
            ? 'This is no name of a repository; it has an owner, a slash and a name.'
            : parsed
              ? `${parsed.repository}, revision ${parsed.revision}, from ${parsed.endpoint}`
              : 'The repository holds a model exported to ONNX: unet, vae_decoder, vae_encoder, text_encoder.'}
        </p>
      </div>
      <div className="field">
        <label htmlFor={`${id}-endpoint`}>Server</label>
        <input
          id={`${id}-endpoint`}
          className="input"
          spellCheck={false}
          value={endpoint}
          onChange={(event) => setEndpoint(event.target.value)}
        />
      </div>
      <div className="field">
        <span>Into</span>
        <div className="row">
          <Button onPress={() => void choose()}>Choose a folder…</Button>
          <span className="quiet bundle-dir">{folder ?? 'No folder chosen yet'}</span>
        </div>
      </div>
      <Progress />
      <div className="row">
        <Button type="submit" look="primary" isDisabled={!parsed || folder === null || busy}>
          Download
        </Button>
        {busy ? <Button onPress={() => void attempt(cancelDownload())}>Stop</Button> : null}
        {!busy && (!parsed || folder === null) ? (
          <span className="quiet">{parsed ? 'Choose a folder first.' : 'Name a repository first.'}</span>
        ) : null}
      </div>
    </form>
  );
}

function Progress() {
  const download = useJobs((jobs) => jobs.download);
  if (!download) return null;
  const { state, file, receivedBytes, totalBytes, error } = download;
  if (state === 'failed') return <p className="problem-text">{error ?? 'The download failed.'}</p>;
  if (state === 'cancelled') return <p className="quiet">Stopped. Download again to go on where it was.</p>;
  if (state === 'done') return <p className="quiet">{download.repository} is here.</p>;
  const percent = totalBytes > 0 ? Math.floor((receivedBytes / totalBytes) * 100) : 0;
  return (
    <div className="field">
      <p>
        {file} · {bytes(receivedBytes)} of {bytes(totalBytes)}
      </p>
      <div
        className="meter"
        role="progressbar"
        aria-label="Download"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
      >
        <span style={{ width: `${percent}%` }} />
      </div>
    </div>
  );
}
