// @ts-check
/** Shows the shot in hand. `retake` is the window's end, from retake.js. */
{
  const retake = /** @type {import('../.retake/index').PanelHelper} */ (Reflect.get(globalThis, 'retake'));
  const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('picture'));
  const name = /** @type {HTMLElement} */ (document.getElementById('name'));
  const takes = /** @type {HTMLElement} */ (document.getElementById('takes'));
  const start = /** @type {HTMLButtonElement} */ (document.getElementById('start'));

  const showShot = async () => {
    const shot = await retake.read('shot');
    const made = await retake.read('takes');
    name.textContent = shot ? shot.name : 'No shot';
    takes.textContent = shot ? `${made.length} takes, ${shot.to - shot.from} frames` : '';
    start.disabled = shot === null;
    start.onclick = () => shot && retake.run('seek', { frame: shot.from });
  };

  const showFrame = async () => {
    const frame = await retake.read('frame', 256);
    if (!frame) return;
    canvas.width = frame.width;
    canvas.height = frame.height;
    const pixels = new Uint8ClampedArray(frame.pixels);
    canvas.getContext('2d')?.putImageData(new ImageData(pixels, frame.width, frame.height), 0, 0);
  };

  retake.watch(['shot', 'takes'], showShot);
  retake.watch(['frame'], showFrame);
  void retake.hello.then(() => Promise.all([showShot(), showFrame()]));
}
