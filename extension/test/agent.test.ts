import * as assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { Agent, AgentError, type AgentOptions, LostAgentError } from '../src/agent';
import {
  type AgentStatus,
  type Job,
  type Lines,
  LOG,
  PLAN,
  type Plan,
  STATUS,
  SUBMIT,
} from '../src/agentProtocol';
import { run } from '../src/process';
import { temporaryFolder, VENV_PYTHON } from './support';

const SCRIPT = 'print("first", flush=True)\nprint("last")\n';

interface Heard {
  jobs: Job[];
  lines: string[];
  log: string[];
  lost: number;
}

/** An agent of this test alone, with what it has told. */
async function setUp(context: TestContext, options: Partial<AgentOptions> = {}) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'tunesmith-test-'));
  const environment = {
    ...process.env,
    PATH: [path.dirname(VENV_PYTHON), process.env.PATH].join(path.delimiter),
    PYTHONPATH: [path.resolve('server'), process.env.PYTHONPATH].join(path.delimiter),
    TUNESMITH_STATE: path.join(folder, 'state'),
  };
  const heard: Heard = { jobs: [], lines: [], log: [], lost: 0 };
  const program = { command: VENV_PYTHON, args: ['-m', 'tunesmith'], options: { cwd: folder } };
  const agent = new Agent({
    program: async () => program,
    environment: () => environment,
    log: (text) => heard.log.push(text),
    onJob: (job) => heard.jobs.push(job),
    onLines: ({ lines }: Lines) => heard.lines.push(...lines.map(({ text }) => text)),
    onLost: () => {
      heard.lost += 1;
    },
    ...options,
  });
  context.after(async () => {
    agent.close();
    const stop = ['-m', 'tunesmith', 'agent', 'stop'];
    await run(VENV_PYTHON, stop, { cwd: folder, env: environment, timeoutMs: 60_000 });
    await fs.rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return { agent, heard, folder };
}

/** A program that does as a bridge does, up to a point. */
async function pretend(context: TestContext, code: string) {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'bridge.mjs');
  await fs.writeFile(file, code);
  return { command: process.execPath, args: [file], options: { cwd: folder } };
}

const answering = (result: object) => `
  process.stdin.once('data', (data) => {
    const id = JSON.parse(String(data).split('\\r\\n\\r\\n')[1]).id;
    const text = JSON.stringify({ jsonrpc: '2.0', id, result: ${JSON.stringify(result)} });
    process.stdout.write('Content-Length: ' + text.length + '\\r\\n\\r\\n' + text);
  });`;

test('the agent is started by the first question, and answers all of them', async (context) => {
  const { agent } = await setUp(context);
  const [first, second] = await Promise.all([
    agent.request<AgentStatus>(STATUS),
    agent.request<AgentStatus>(STATUS),
  ]);
  assert.equal(first.pid, second.pid);
  assert.equal(first.connections, 1);
});

test('a refusal comes with the next step', async (context) => {
  const { agent } = await setUp(context);
  await assert.rejects(agent.request(PLAN, { script: 'train.py' }), (error: Error) => {
    assert.ok(error instanceof AgentError && !(error instanceof LostAgentError));
    assert.match(error.message, /'train\.py' is no absolute path/);
    assert.equal(error.nextStep, 'give one');
    return true;
  });
});

test('a job tells what it prints, and that it has ended', async (context) => {
  const { agent, heard, folder } = await setUp(context);
  const script = path.join(folder, 'says.py');
  await fs.writeFile(script, SCRIPT);
  const params = { script, engine: 'local', python: VENV_PYTHON };
  const { key } = await agent.request<Plan>(PLAN, params);
  const { id } = await agent.request<Job>(SUBMIT, { key });
  const ended = await agent.request<Job>(LOG, { id, start: 0, follow: true });
  assert.equal(ended.stage, 'COMPLETED');
  assert.deepEqual(heard.lines, ['first', 'last']);
  assert.equal(heard.jobs.at(-1)?.id, id);
});

test('the agent stays when the connection is closed, and is asked again', async (context) => {
  const { agent, heard } = await setUp(context);
  const before = await agent.request<AgentStatus>(STATUS);
  agent.close();
  const after = await agent.request<AgentStatus>(STATUS);
  assert.equal(after.pid, before.pid);
  assert.equal(heard.lost, 0);
});

test('another agent is asked when one has been killed', {
  skip: process.platform === 'win32',
}, async (context) => {
  const { agent, heard, folder } = await setUp(context);
  const script = path.join(folder, 'waits.py');
  await fs.writeFile(script, 'import time\ntime.sleep(600)\n');
  const params = { script, engine: 'local', python: VENV_PYTHON };
  const { key } = await agent.request<Plan>(PLAN, params);
  const { id } = await agent.request<Job>(SUBMIT, { key });
  const { pid } = await agent.request<AgentStatus>(STATUS);
  const log = agent.request(LOG, { id, start: 0, follow: true });
  process.kill(pid, 'SIGKILL');
  await assert.rejects(log, LostAgentError);
  const next = await agent.request<AgentStatus>(STATUS);
  assert.notEqual(next.pid, pid);
  assert.equal(heard.lost, 1);
  await agent.request<Job>('cancel', { id });
  const ended = await agent.request<Job>(LOG, { id, start: 0, follow: true });
  assert.equal(ended.stage, 'CANCELED');
});

test('a program that is missing, or ends at once, is said', async (context) => {
  const nowhere = { command: '/nowhere/tunesmith', args: [], options: { cwd: '/' } };
  const missing = await setUp(context, { program: async () => nowhere });
  await assert.rejects(missing.agent.request(STATUS), /does not answer: .*ENOENT/);
  const ending = await pretend(context, 'console.error("tunesmith: the disk is full; make room")');
  const { agent } = await setUp(context, { program: async () => ending });
  await assert.rejects(agent.request(STATUS), /does not answer: the disk is full; make room/);
});

test('an agent of another protocol is refused', async (context) => {
  const status = { version: '9.0.0', protocol: 99, pid: 1, started: 0, following: 0 };
  const newer = await pretend(context, answering(status));
  const { agent } = await setUp(context, { program: async () => newer });
  await assert.rejects(agent.request(STATUS), /release 9\.0\.0 and speaks protocol 99/);
});

test('where it may not be started it is not', async (context) => {
  const refusal = new AgentError('This window is in Restricted Mode', 'trust the workspace');
  const { agent } = await setUp(context, { program: () => Promise.reject(refusal) });
  await assert.rejects(agent.request(STATUS), refusal);
});
