import * as os from 'node:os';
import { type RunOptions, run, which } from './process';
import type { Wheelhouse } from './wheelhouse';

export interface Interpreter {
  path: string;
  /** Such as [3, 12, 1]. */
  version: [number, number, number];
  implementation: string;
  /** Suffix of extension modules, such as `.cpython-312-x86_64-linux-gnu.so`. */
  suffix: string;
  /** sysconfig.get_platform(), such as `linux-x86_64`. */
  platform: string;
}

export interface Candidate {
  path: string;
  /** Where the path comes from, as the user would say it. */
  origin: string;
  /** The user chose it: use it or say why not, never another. */
  explicit?: boolean;
}

/** No interpreter can run the server. The message names what was looked at. */
export class NoInterpreterError extends Error {}

const PROBE = `
import json, sys, sysconfig
print(json.dumps(dict(
    path=sys.executable, version=sys.version_info[:3], implementation=sys.implementation.name,
    suffix=sysconfig.get_config_var("EXT_SUFFIX"), platform=sysconfig.get_platform())))
`;
const PROBE_OPTIONS: RunOptions = { cwd: os.tmpdir(), timeoutMs: 15_000 };

/** Asks an interpreter what it is. Gives the reason as text when it does not answer. */
export async function probe(python: string): Promise<Interpreter | string> {
  const { code, stdout, stderr } = await run(python, ['-I', '-c', PROBE], PROBE_OPTIONS);
  if (code !== 0) return `does not run: ${lastLine(stderr) || `exit code ${code}`}`;
  try {
    return JSON.parse(stdout) as Interpreter;
  } catch {
    return 'does not answer as Python does';
  }
}

/** Why this interpreter cannot run the server; undefined when it can. */
export function objection(
  python: Interpreter,
  wheels: Pick<Wheelhouse, 'minors' | 'target'>,
): string | undefined {
  const [major, minor] = python.version;
  if (major !== 3 || !wheels.minors.includes(minor)) {
    return `is Python ${python.version.join('.')}, expected ${supportedVersions(wheels.minors)}`;
  }
  if (python.implementation !== 'cpython') return `is ${python.implementation}, expected CPython`;
  if (/\d+t[-.]/.test(python.suffix)) return 'is a free-threaded build';
  const expected = PLATFORMS[wheels.target];
  if (expected && !expected(python)) {
    return `is built for ${python.platform}, this extension carries libraries for ${wheels.target}`;
  }
  return undefined;
}

const musl = (python: Interpreter) => python.suffix.includes('musl');
const PLATFORMS: Record<string, (python: Interpreter) => boolean> = {
  'linux-x64': (python) => python.platform === 'linux-x86_64' && !musl(python),
  'linux-arm64': (python) => python.platform === 'linux-aarch64' && !musl(python),
  'alpine-x64': (python) => python.platform === 'linux-x86_64' && musl(python),
  'alpine-arm64': (python) => python.platform === 'linux-aarch64' && musl(python),
  'darwin-x64': (python) => /^macosx.*-(x86_64|universal2)$/.test(python.platform),
  'darwin-arm64': (python) => /^macosx.*-(arm64|universal2)$/.test(python.platform),
  'win32-x64': (python) => python.platform === 'win-amd64',
};

export function supportedVersions(minors: readonly number[]): string {
  return `Python 3.${Math.min(...minors)} to 3.${Math.max(...minors)}`;
}

/** The first candidate that can run the server. */
export async function findInterpreter(
  candidates: AsyncIterable<Candidate>,
  wheels: Pick<Wheelhouse, 'minors' | 'target'>,
): Promise<Interpreter> {
  const refused: string[] = [];
  for await (const { path, origin, explicit } of candidates) {
    const found = await probe(path);
    const problem = typeof found === 'string' ? found : objection(found, wheels);
    if (problem === undefined) return found as Interpreter;
    if (explicit) throw new NoInterpreterError(`${path} (${origin}) ${problem}.`);
    refused.push(`${path} (${origin}) ${problem}`);
  }
  const seen = refused.length > 0 ? ` Looked at: ${refused.join('; ')}.` : '';
  const next = 'Install one, or set tunesmith.interpreter to the path of one.';
  throw new NoInterpreterError(`No ${supportedVersions(wheels.minors)} was found.${seen} ${next}`);
}

/** Interpreters that can be found without the editor: by uv, then on PATH. */
export async function* systemCandidates(minors: readonly number[]): AsyncGenerator<Candidate> {
  const fromUv = await findWithUv(minors);
  if (fromUv) yield { path: fromUv, origin: 'uv' };
  const names = process.platform === 'win32' ? ['python', 'python3'] : ['python3', 'python'];
  const seen = new Set<string>();
  for (const name of [...names, ...[...minors].reverse().map((minor) => `python3.${minor}`)]) {
    const path = await which(name);
    if (!path || seen.has(path)) continue;
    seen.add(path);
    yield { path, origin: 'PATH' };
  }
}

async function findWithUv(minors: readonly number[]): Promise<string | undefined> {
  const uv = await which('uv');
  if (!uv) return undefined;
  const wanted = `>=3.${Math.min(...minors)},<3.${Math.max(...minors) + 1}`;
  const flags = ['--system', '--no-project', '--no-config', '--no-python-downloads'];
  const { code, stdout } = await run(uv, ['python', 'find', ...flags, wanted], PROBE_OPTIONS);
  return code === 0 ? stdout.trim() || undefined : undefined;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
