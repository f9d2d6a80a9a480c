import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PYTHON, ROOT } from './paths.mjs';
import { tryRun } from './run.mjs';

const GUARD = path.join(ROOT, 'tests', 'guard');
const LOOPBACK = path.join(ROOT, 'scripts', 'lib', 'loopback.py');
const NAMESPACES = [
  ['unshare', '--net'],
  ['unshare', '--net', '--map-root-user'],
];

/**
 * The words to put before a command so that its processes see nothing but loopback: a network
 * namespace of Linux. Empty where this system grants none; then only the guards below hold.
 */
export async function namespace() {
  if (process.platform !== 'linux') return [];
  for (const words of NAMESPACES) {
    const prefix = [...words, PYTHON, LOOPBACK];
    if ((await tryRun(prefix[0], prefix.slice(1))) !== undefined) return prefix;
  }
  return [];
}

/** An environment in which every Python and Node refuses sockets outside loopback. */
export function guardedEnvironment() {
  const guard = pathToFileURL(path.join(GUARD, 'deny-network.mjs')).href;
  return {
    ...process.env,
    PYTHONPATH: [GUARD, process.env.PYTHONPATH].filter(Boolean).join(path.delimiter),
    NODE_OPTIONS: [process.env.NODE_OPTIONS, `--import=${guard}`].filter(Boolean).join(' '),
  };
}
