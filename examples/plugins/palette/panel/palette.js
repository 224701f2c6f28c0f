/* The palette of the frame under the playhead: a click on a colour copies it, Add puts its name into the prompt. */
(() => {
  const { retake } = window;
  const { paletteOf, hexOf, nameOf } = window.colours;
  const state = document.getElementById('state');
  const bar = document.getElementById('bar');
  const list = document.getElementById('colours');

  /** Looks that were begun; only the last one is shown. */
  let looks = 0;

  async function look() {
    const mine = ++looks;
    if (list.childElementCount === 0) tell('Looking at the frame…');
    try {
      const frame = await retake.read('frame', 96);
      if (mine !== looks) return;
      if (frame) show(paletteOf(frame.pixels));
      else clear('There is no shot under the playhead.');
    } catch (error) {
      if (mine === looks) clear(error.message);
    }
  }

  function show(colours) {
    tell('');
    bar.replaceChildren(...colours.map(part));
    list.replaceChildren(...colours.map(row));
  }

  function clear(why) {
    bar.replaceChildren();
    list.replaceChildren();
    tell(why);
  }

  function tell(text) {
    state.textContent = text;
    state.hidden = text === '';
  }

  function part({ rgb, share }) {
    const one = document.createElement('span');
    one.style.background = hexOf(rgb);
    one.style.flexGrow = share;
    return one;
  }

  function row({ rgb, share }) {
    const hex = hexOf(rgb);
    const name = nameOf(rgb);
    const item = document.createElement('li');
    const copy = button(`Copy ${hex}`, () => retake.run('copy', { text: hex }));
    const swatch = document.createElement('span');
    swatch.className = 'swatch';
    swatch.style.background = hex;
    copy.className = 'copy';
    copy.append(swatch, text('code', hex), text('span', name));
    const add = button(`Add ${name} to the prompt`, () => retake.run('add-to-prompt', { words: name }));
    add.textContent = 'Add';
    item.append(copy, text('small', `${Math.round(share * 100)} %`), add);
    return item;
  }

  function button(label, act) {
    const one = document.createElement('button');
    one.type = 'button';
    one.title = label;
    one.setAttribute('aria-label', label);
    one.addEventListener('click', () => act().catch((error) => tell(error.message)));
    return one;
  }

  function text(tag, words) {
    const one = document.createElement(tag);
    one.textContent = words;
    return one;
  }

  retake.watch(['frame'], look);
  look();
})();
