import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './paths.mjs';

/** A failure whose message is all that a reader needs: no stack trace is printed for it. */
export class Failure extends Error {}

const shown = (command, args) => [command, ...args].join(' ');

/**
 * Run a program to its end and return its standard output.
 * `quiet` keeps its output back and shows it only when the program fails.
 */
export function run(command, args = [], { quiet = false, input, ...options } = {}) {
  const stdio = quiet ? ['pipe', 'pipe', 'pipe'] : 'inherit';
  const shell = process.platform === 'win32' && command.endsWith('.cmd');
  const child = spawn(command, args, { cwd: ROOT, stdio, shell, ...options });
  child.stdin?.end(input);
  const chunks = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name]?.setEncoding('utf8').on('data', (text) => (chunks[name] += text));
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Failure(`${command} did not start: ${error.message}`)),
    );
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(chunks.stdout);
      const lines = (chunks.stdout + chunks.stderr).split('\n');
      if (lines.length > 80) lines.splice(30, lines.length - 80, '[…]');
      const output = lines.join('\n');
      reject(new Failure(`${output}\n${shown(command, args)} ended with ${signal ?? code}`.trim()));
    });
  });
}

/** The standard output of a program, or undefined when it is missing or fails. */
export const tryRun = (command, args, options) =>
  run(command, args, { quiet: true, ...options }).catch(() => undefined);

/** Say what is being done, do it, and say how long it took. */
export async function step(title, work) {
  const start = performance.now();
  console.log(`${title} …`);
  const result = await work();
  console.log(`${title}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

function* filesUnder(entry) {
  const stat = fs.statSync(entry, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isDirectory()) return yield entry;
  for (const name of fs.readdirSync(entry).sort())
    if (!['node_modules', '__pycache__'].includes(name)) yield* filesUnder(path.join(entry, name));
}

/** A short hash of the names and contents of files and folders (relative to the root). */
export function contentHash(entries, ...extra) {
  const hash = createHash('sha256').update(JSON.stringify(extra));
  for (const entry of entries)
    for (const file of filesUnder(path.resolve(ROOT, entry)))
      hash.update(`\0${path.relative(ROOT, file)}\0`).update(fs.readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

/** Do the work unless `stamp` already holds `key`; the stamp is written after success. */
export async function unlessStamped(stamp, key, work) {
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === key) return;
  await work();
  fs.mkdirSync(path.dirname(stamp), { recursive: true });
  fs.writeFileSync(stamp, key);
}

/** Fill a cache folder once: built beside its place and renamed, so that it is whole or absent. */
export async function fillOnce(folder, fill) {
  if (fs.existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}.partial`;
  fs.mkdirSync(partial, { recursive: true });
  try {
    await fill(partial);
    if (!fs.existsSync(folder)) fs.renameSync(partial, folder);
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

/** Run a script's main function; end the process with 1 and a plain message when it fails. */
export async function main(work) {
  try {
    await work(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Failure ? `error: ${error.message}` : error);
    process.exitCode = 1;
  }
}
