// What editors of tests need beside them: each is started with the folder of its group.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { PYTHON, ROOT } from '../../scripts/lib/paths.mjs';
import { tryRun } from '../../scripts/lib/run.mjs';

export const TOKEN = 'hf_token_of_tests';
/** As tests/loopback_hub.py calls whoever has a token. */
const USER = 'username';

/** State of this group alone, in which jobs belong to an agent of its own; uv runs them offline. */
export async function ownAgent(folder) {
  const env = {
    TUNESMITH_STATE: path.join(folder, 'state'),
    VSCODE_CLI: '1', // else the variables of a login shell count more than these
    PATH: [path.dirname(PYTHON), process.env.PATH].join(path.delimiter),
    UV_OFFLINE: '1',
    UV_PYTHON: PYTHON,
  };
  const PYTHONPATH = path.join(ROOT, 'server');
  const stop = () =>
    tryRun(PYTHON, ['-m', 'tunesmith', 'agent', 'stop'], {
      env: { ...process.env, ...env, PYTHONPATH },
    });
  return { env, stop };
}

/** Hugging Face Jobs on this machine, which really runs what is submitted. */
export async function jobsServer() {
  const PYTHONPATH = ['tests', 'server'].map((name) => path.join(ROOT, name)).join(path.delimiter);
  const child = spawn(PYTHON, ['-m', 'jobs_server', '--scheduling', '1'], {
    cwd: ROOT,
    env: { ...process.env, PYTHONPATH },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(readline.createInterface(child.stdout), 'line');
  const { url } = JSON.parse(line);
  const stop = async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  };
  return { env: { HF_ENDPOINT: url, HF_TOKEN: TOKEN }, url, stop };
}

/** The jobs that the server of a group's services was asked for. */
export async function jobsOf(services) {
  const { url } = services.find((service) => service.url);
  const response = await fetch(`${url}/api/jobs/${USER}`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  return response.json();
}
