/** The private Python environment of the server, in the extension's global storage. */
import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunResult, run } from './process';
import type { Interpreter } from './python';
import type { Wheelhouse } from './wheelhouse';

/** The environment could not be made. `detail` is what the failed program printed. */
export class EnvironmentError extends Error {
  constructor(
    message: string,
    readonly detail: string,
  ) {
    super(message);
  }
}

/** Isolated from the user's variables, site-packages and .pth files; UTF-8 on every system. */
export const PYTHON_FLAGS = ['-I', '-S', '-X', 'utf8'];

const INSTALL_LIMIT_MS = 10 * 60_000;
const HEALTH_LIMIT_MS = 60_000;
const UNUSED_LIMIT_MS = 14 * 24 * 3_600_000;
const PARTIAL = '.partial';

// A folder with __main__.py is a program to Python, and the folder comes first on sys.path.
const MAIN = `import sys
from tunesmith.cli import main
if __name__ == "__main__":
    sys.exit(main())
`;

const CONVERSATION = [
  { id: 1, method: 'initialize', params: { processId: null, rootUri: null, capabilities: {} } },
  { method: 'initialized', params: {} },
  { id: 2, method: 'shutdown' },
  { method: 'exit' },
]
  .map((message) => JSON.stringify({ jsonrpc: '2.0', ...message }))
  .map((body) => `Content-Length: ${body.length}\r\n\r\n${body}`)
  .join('');

export interface EnvironmentOptions {
  /** Folder that holds the environments of all versions. */
  root: string;
  python: Interpreter;
  wheels: Wheelhouse;
  /** Called before an installation; throwing from it gives the installation up. */
  confirmInstall?: () => Promise<void>;
  /** Runs the installation, to show its progress. */
  aroundInstall?: (install: () => Promise<void>) => PromiseLike<void>;
}

/** Folder of a working environment, installed when missing. Safe when two windows do it at once. */
export async function ensureEnvironment(options: EnvironmentOptions): Promise<string> {
  const final = path.join(options.root, environmentName(options.python, options.wheels));
  if (!(await exists(final))) {
    await options.confirmInstall?.();
    await fs.mkdir(options.root, { recursive: true });
    const install = () => installInto(final, options);
    await (options.aroundInstall ?? ((action) => action()))(install);
  }
  const now = new Date();
  await fs.utimes(final, now, now);
  return final;
}

/** Removes an environment that fails its health check, so that the next start makes it anew. */
export async function discardIfBroken(options: EnvironmentOptions): Promise<void> {
  const final = path.join(options.root, environmentName(options.python, options.wheels));
  if (!(await exists(final))) return;
  const health = await checkHealth(final, options);
  if (health.code !== 0) await remove(final);
}

export function environmentName(python: Interpreter, wheels: Wheelhouse): string {
  const tag = python.suffix.replace(/\.(so|pyd)$/, '').replace(/[^\w-]+/g, '');
  // Two interpreters of one tag (a system one and uv's) must not share compiled files.
  const where = createHash('sha256').update(python.path).digest('hex').slice(0, 6);
  return `${wheels.version}-${tag}-${where}-${wheels.hash.slice(0, 12)}`;
}

async function installInto(final: string, options: EnvironmentOptions): Promise<void> {
  const partial = `${final}.${randomUUID().slice(0, 8)}${PARTIAL}`;
  try {
    const install = await run(options.python.path, pipArguments(partial, options.wheels), {
      cwd: options.root,
      env: pipVariables(options.wheels),
      timeoutMs: INSTALL_LIMIT_MS,
    });
    requireSuccess(install, 'The libraries of the checker could not be installed');
    await fs.writeFile(path.join(partial, '__main__.py'), MAIN);
    const health = await checkHealth(partial, options);
    requireSuccess(health, 'The installed checker does not start');
    await moveInto(partial, final);
  } finally {
    await remove(partial);
  }
}

function pipArguments(partial: string, wheels: Wheelhouse): string[] {
  const source = wheels.target === 'universal' ? [] : ['--no-index'];
  return [
    ...PYTHON_FLAGS,
    // pip runs out of its own wheel: Debian's python3 comes without pip and ensurepip.
    path.join(wheels.folder, wheels.pip, 'pip'),
    'install',
    ...source,
    ...['--find-links', wheels.folder],
    ...['--require-hashes', '--no-deps', '--only-binary', ':all:'],
    ...['--requirement', path.join(wheels.folder, 'requirements.txt')],
    ...['--target', partial],
    ...['--no-compile', '--no-input', '--no-cache-dir', '--disable-pip-version-check', '--quiet'],
  ];
}

/** Offline, the user's pip settings could only do harm; for a download they name mirror and proxy. */
function pipVariables(wheels: Wheelhouse): NodeJS.ProcessEnv {
  if (wheels.target === 'universal') return process.env;
  const kept = Object.entries(process.env).filter(([name]) => !/^PIP_/i.test(name));
  const nowhere = process.platform === 'win32' ? 'nul' : '/dev/null';
  return { ...Object.fromEntries(kept), PIP_CONFIG_FILE: nowhere };
}

/** Healthy is an environment whose server answers, with its version, and ends when asked to. */
async function checkHealth(folder: string, options: EnvironmentOptions): Promise<RunResult> {
  const result = await run(options.python.path, [...PYTHON_FLAGS, folder, 'server', '--stdio'], {
    cwd: options.root,
    timeoutMs: HEALTH_LIMIT_MS,
    input: CONVERSATION,
  });
  if (result.code !== 0 || result.stdout.includes(options.wheels.version)) return result;
  const note = `answered ${JSON.stringify(result.stdout)}, expected ${options.wheels.version}`;
  return { ...result, code: undefined, stderr: `${result.stderr}\n${note}` };
}

function requireSuccess(result: RunResult, message: string): void {
  if (result.code !== 0) throw new EnvironmentError(message, result.stderr || result.stdout);
}

/** Renames; when another window was first, its environment, just as healthy, is the one to use. */
async function moveInto(partial: string, final: string, attempts = 5): Promise<void> {
  try {
    await fs.rename(partial, final);
  } catch (error) {
    if (await exists(final)) return;
    if (attempts <= 1) throw error;
    // Windows refuses while a virus scanner has one of the new files open.
    await sleep(500);
    await moveInto(partial, final, attempts - 1);
  }
}

/** Removes what no window can be using: interrupted installations and environments long unused. */
export async function removeLeftovers(root: string, current: string): Promise<void> {
  for (const name of await fs.readdir(root)) {
    const folder = path.join(root, name);
    if (folder === current) continue;
    const age = Date.now() - (await lastUse(folder));
    const limit = name.endsWith(PARTIAL) ? 2 * INSTALL_LIMIT_MS : UNUSED_LIMIT_MS;
    if (age > limit) await remove(folder);
  }
}

/** Now, when another window has just removed the folder. */
async function lastUse(folder: string): Promise<number> {
  return fs.stat(folder).then(
    (stats) => stats.mtimeMs,
    () => Date.now(),
  );
}

async function remove(folder: string): Promise<void> {
  await fs.rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
