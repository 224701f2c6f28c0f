// @ts-check
/**
 * The page's end of ui@1, as one global, `retake`. A classic script, before the panel's own: a panel has no origin of its own
 * name, so module scripts do not load. Copy it beside your page.
 */
(() => {
  /** @typedef {import('./index').PanelHelper} PanelHelper */
  /** @type {Map<number, { resolve(value: any): void, reject(error: Error): void }>} */
  const waiting = new Map();
  /** @type {Map<string, Set<() => void>>} */
  const watchers = new Map();
  /** @type {(port: MessagePort) => void} */
  let connected = () => {};
  /** @type {Promise<MessagePort>} */
  const port = new Promise((resolve) => {
    connected = resolve;
  });
  /** @type {(hello: import('./index').PanelHello) => void} */
  let greeted = () => {};
  /** @type {Promise<import('./index').PanelHello>} */
  const hello = new Promise((resolve) => {
    greeted = resolve;
  });
  let calls = 0;

  /** Texts alone are taken. @param {object} message */
  const say = async (message) => (await port).postMessage(JSON.stringify(message));
  /** @param {object} message */
  const ask = (message) =>
    new Promise((resolve, reject) => {
      calls += 1;
      waiting.set(calls, { resolve, reject });
      void say({ ...message, call: calls });
    });
  /** Colours and measures of the window, as custom properties: var(--text). @param {Record<string, string>} theme */
  const paint = (theme) => {
    const { style } = document.documentElement;
    // What the page does not paint is the window's own ground.
    style.colorScheme = 'dark';
    style.font = `${theme.size} / 1.4 ${theme.font}`;
    for (const [name, value] of Object.entries(theme)) style.setProperty(`--${name}`, value);
  };

  /** @param {MessageEvent} event */
  const hear = ({ data }) => {
    if (data.say === 'hello') {
      paint(data.theme);
      greeted(data);
    } else if (data.say === 'theme') paint(data.theme);
    // Else the panel is taken for one that hangs.
    else if (data.say === 'ping') void say({ ask: 'pong' });
    else if (data.say === 'changed') for (const tell of watchers.get(data.what) ?? []) tell();
    else if (data.say === 'answer') settled(data.call)?.resolve(data.value);
    else if (data.say === 'refused') settled(data.call)?.reject(new Error(data.why));
  };
  /** @param {number} call */
  const settled = (call) => {
    const one = waiting.get(call);
    waiting.delete(call);
    return one;
  };

  addEventListener('message', function first(event) {
    const [own] = event.ports;
    if (event.source !== parent || !own) return;
    removeEventListener('message', first);
    own.onmessage = hear;
    connected(own);
  });
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') void say({ ask: 'leave' });
  });
  // The window makes room for what the panel shows.
  addEventListener('load', () => {
    new ResizeObserver(
      () => void say({ ask: 'height', pixels: Math.ceil(document.body.scrollHeight) }),
    ).observe(document.body);
  });

  /** @type {PanelHelper} */
  const retake = {
    hello,
    read: (what, edge) => ask({ ask: 'read', what, ...(edge !== undefined && { edge }) }),
    watch(what, tell) {
      for (const one of what) watchers.set(one, (watchers.get(one) ?? new Set()).add(tell));
      void say({ ask: 'watch', what: [...watchers.keys()] });
    },
    run: (command, input) => ask({ ask: 'run', command, input }),
  };
  Object.assign(globalThis, { retake });
})();
