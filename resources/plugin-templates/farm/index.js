// @ts-check
/**
 * A queue that speaks JSON: POST /jobs, GET /jobs?key=KEY, GET /jobs/ID, DELETE /jobs/ID. Each call is asked anew with one answer
 * more, until it does not ask: what it remembers is its answers.
 */

/** @typedef {{ name: string, state: string, host?: string, message?: string }} Task */
/** @typedef {{ id: string, tasks: Task[] }} Job */

const STATES = /** @type {const} */ ({ queued: 'waiting', running: 'running', done: 'done', failed: 'failed' });

/** @type {import('./.retake/index').Farm} */
const queue = {
  submit(job, { pool }, [known, made]) {
    if (!known) return { ask: { method: 'GET', path: `/jobs?key=${job.id}` } };
    /** @type {Job[]} */
    const jobs = read(known).jobs;
    const ids = jobs.map(({ id }) => id);
    if (made) return { ids: { render: [...ids, read(made).id] } };
    // What it has already is not given again.
    const open = jobs.flatMap(({ tasks }) => tasks.filter((task) => /^(queued|running)$/.test(task.state)));
    const names = open.map(({ name }) => name);
    const tasks = job.tasks.filter(({ name }) => !names.includes(name));
    if (tasks.length === 0) return { ids: { render: ids } };
    const steps = ['invert', 'render', 'assemble'];
    const body = {
      ...{ key: job.id, name: job.name, pool },
      tasks: tasks.map(({ name, step, words }) => {
        const earlier = job.tasks.filter((one) => steps.indexOf(one.step) < steps.indexOf(step));
        return { name, command: words, after: earlier.map((one) => one.name), retryOn: [75] };
      }),
    };
    const headers = { 'content-type': 'application/json' };
    return { ask: { method: 'POST', path: '/jobs', headers, body: JSON.stringify(body) } };
  },

  status(job, { render: ids = [] }, _settings, answers) {
    const next = ids[answers.length];
    if (next !== undefined) return { ask: { method: 'GET', path: `/jobs/${next}` } };
    /** @type {Map<string, Task>} */
    const told = new Map();
    // Later ones count: they were given what earlier ones did not do.
    for (const answer of answers) for (const task of read(answer).tasks) told.set(task.name, task);
    const tasks = job.tasks.flatMap(({ name, step, first, last }) => {
      const task = told.get(name);
      const state = task && STATES[/** @type {keyof typeof STATES} */ (task.state)];
      return state ? [{ step, first, last, state, host: task.host ?? null, why: task.message ?? '' }] : [];
    });
    const is = (/** @type {string} */ state) => tasks.some((task) => task.state === state);
    return { state: is('running') ? 'running' : is('waiting') ? 'waiting' : 'ended', tasks };
  },

  cancel(_job, { render: ids = [] }, _settings, answers) {
    const next = ids[answers.length];
    // What it does not know any more has ended.
    for (const answer of answers) if (answer.status !== 404) read(answer);
    return next === undefined ? { done: true } : { ask: { method: 'DELETE', path: `/jobs/${next}` } };
  },
};

/** @param {import('./.retake/index').ServerAnswer} answer */
function read({ status, body }) {
  if (status < 200 || status > 299) throw new Error(`the queue answers ${status}: ${body.slice(0, 200)}`);
  return body === '' ? {} : JSON.parse(body);
}

/** @type {import('./.retake/index').Plugin} */
export default { farms: { queue } };
