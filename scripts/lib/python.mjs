import fs from 'node:fs';
import path from 'node:path';
import { CACHE, PYTHON, ROOT, VENV, venvProgram } from './paths.mjs';
import { contentHash, Failure, fillOnce, run, step, tryRun, unlessStamped } from './run.mjs';

const OLDEST = [3, 10];
const PROBE = 'import sys; print(sys.executable, *sys.version_info[:2], sep="\\n")';

function candidates() {
  if (process.env.TUNESMITH_PYTHON) return [[process.env.TUNESMITH_PYTHON]];
  const minors = [13, 12, 11, 14, 10].map((minor) => [`python3.${minor}`]);
  return [['python3'], ['python'], ['py', '-3'], ...minors];
}

/** The path of the first Python that is new enough. */
export async function basePython() {
  const seen = [];
  for (const [command, ...args] of candidates()) {
    const probe = await tryRun(command, [...args, '-c', PROBE]);
    if (!probe) continue;
    const [executable, major, minor] = probe.trim().split(/\r?\n/);
    if (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]) return executable;
    seen.push(`${command} is ${major}.${minor}`);
  }
  const found = seen.length ? `found only: ${seen.join(', ')}` : 'found none';
  throw new Failure(
    `Python ${OLDEST.join('.')} or later is needed; ${found}. Install it, or set TUNESMITH_PYTHON to its path.`,
  );
}

async function makeVenv(python, venv) {
  const create = () => run(python, ['-m', 'venv', '--clear', venv], { quiet: true });
  try {
    await create();
  } catch (error) {
    // Debian and Ubuntu ship venv without ensurepip in a package of its own.
    if (await tryRun('uv', ['venv', '--seed', '--python', python, venv])) return;
    if (process.getuid?.() !== 0 || !(await tryRun('apt-get', ['install', '-y', 'python3-venv'])))
      throw new Failure(
        `${error.message}\nInstall the venv module (Debian, Ubuntu: apt-get install python3-venv) or uv.`,
      );
    await create();
  }
}

/** Make a virtual environment, or keep the one that works. Returns its python. */
export async function venvAt(venv) {
  const python = venvProgram(venv, 'python');
  if (!(await tryRun(python, ['-m', 'pip', '--version']))) await makeVenv(await basePython(), venv);
  return python;
}

const pip = (...args) =>
  run(PYTHON, ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', ...args], {
    quiet: true,
  });

/** The repository's own environment: the locked tools, and the package in place. */
export async function repositoryEnvironment() {
  const key = contentHash(['pyproject.toml', 'requirements/dev.txt']);
  await unlessStamped(path.join(VENV, 'tunesmith-stamp'), key, () =>
    step('Install the Python environment (.venv)', async () => {
      await venvAt(VENV);
      await pip('--require-hashes', '-r', path.join(ROOT, 'requirements', 'dev.txt'));
      await pip('--no-deps', '--no-build-isolation', '--editable', ROOT);
    }),
  );
  if (!fs.existsSync(PYTHON))
    throw new Failure(`${PYTHON} is missing. Delete ${VENV} and run this again.`);
}

const LIBRARIES = 'requirements/libraries.txt';

/** A folder with libraries of users, for tests that compare the tables with them. */
export async function usersLibraries() {
  const minor = await run(PYTHON, ['-c', 'import sys; print(sys.version_info[:2])'], {
    quiet: true,
  });
  const key = contentHash([LIBRARIES], minor);
  const folder = path.join(CACHE, `libraries-${key}`);
  return fillOnce(folder, (partial) =>
    step(`Install the libraries of ${LIBRARIES}`, () =>
      pip('--require-hashes', '--no-deps', '--no-compile', '--target', partial, '-r', LIBRARIES),
    ),
  );
}
