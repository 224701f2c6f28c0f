'use strict';

const { retake } = window;
const said = document.getElementById('said');

function tell(text, wrong) {
  said.textContent = text;
  said.className = wrong ? 'error' : '';
}

async function run(work, words) {
  tell('…', false);
  const { value, error } = await work;
  if (error === undefined) tell(words(value), false);
  else tell(error, true);
  return value;
}

document.getElementById('bring').addEventListener('click', () =>
  run(
    retake.bring(),
    ({ name, script }) =>
      `“${name}” is in the project; takes that are not shown lie disabled above it. For take selectors, enter in Workspace > Console, Lua: dofile([[${script}]])`,
  ),
);
document.getElementById('send').addEventListener('click', () =>
  run(retake.send(), () => 'Retake asks there how it is to be opened.'),
);
document.getElementById('look').addEventListener('click', async () => {
  const takes = await run(retake.takes(), (found) => `${found.takes.length} takes`);
  const list = document.getElementById('takes');
  list.replaceChildren(
    ...(takes?.takes ?? []).map(({ shot, name, path, shown }) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = `${shot} · ${name}${shown ? ' (shown)' : ''}`;
      button.title = `Add ${path} to the media pool`;
      button.addEventListener('click', () => run(retake.add(path), (added) => `${added} is in the media pool.`));
      const item = document.createElement('li');
      item.append(button);
      return item;
    }),
  );
});
