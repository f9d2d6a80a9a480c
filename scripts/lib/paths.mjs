import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const DIST = path.join(ROOT, 'dist');

/** Editors, browsers and heavy environments live here: outside the repository, shared by clones. */
export const CACHE = path.resolve(
  process.env.TUNESMITH_CACHE ?? path.join(os.homedir(), '.cache', 'tunesmith-dev'),
);

const BIN = process.platform === 'win32' ? 'Scripts' : 'bin';
const EXE = process.platform === 'win32' ? '.exe' : '';

/** A program of a Python virtual environment. */
export const venvProgram = (venv, name) => path.join(venv, BIN, name + EXE);

export const VENV = path.join(ROOT, '.venv');
export const PYTHON = venvProgram(VENV, 'python');

/** A command that npm installed into this repository. */
export const npmProgram = (name) =>
  path.join(ROOT, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);
