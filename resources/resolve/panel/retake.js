// Speaks to a running Retake: over loopback alone, with the token that it leaves in a file that only its user may read.
'use strict';

const fs = require('node:fs');
const http = require('node:http');

const CLOSED =
  'Retake does not listen. Start it and switch on File > DaVinci Resolve > Let Resolve ask for timelines.';
const LONGEST_ANSWER = 4e6;

function doorIn(file) {
  try {
    const { port, token } = JSON.parse(fs.readFileSync(file, 'utf8'));
    if (Number.isInteger(port) && typeof token === 'string') return { port, token };
  } catch {
    // Not there: Retake does not run, or may not be asked.
  }
  throw new Error(CLOSED);
}

/** What Retake answers. `file` is where it says how it is reached. */
async function ask(file, method, path, body) {
  const { port, token } = doorIn(file);
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  headers['content-length'] = Buffer.byteLength(text);
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      let read = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => {
        read += part;
        if (read.length > LONGEST_ANSWER) request.destroy(new Error('Retake answers too much.'));
      });
      answer.on('end', () => {
        try {
          const said = JSON.parse(read);
          if (answer.statusCode === 200) resolve(said);
          else reject(new Error(said.error ?? `Retake answers ${answer.statusCode}.`));
        } catch {
          reject(new Error('Retake answers what nobody understands.'));
        }
      });
    });
    request.on('error', (error) => reject(error.code === 'ECONNREFUSED' ? new Error(CLOSED) : error));
    request.end(text);
  });
}

module.exports = { ask };
