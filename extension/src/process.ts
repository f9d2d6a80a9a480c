import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

export interface RunOptions {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  timeoutMs: number;
  /** What the program reads on its standard input. */
  input?: string;
}

export interface RunResult {
  /** Exit code; undefined when the program could not be started or was stopped at the time limit. */
  code: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end without a shell. A program that cannot be started is a result, not an exception. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      windowsHide: true,
    });
    // A program that ends without reading it all is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (error) =>
      resolve({ code: undefined, stdout, stderr: stderr + error.message }),
    );
    child.on('close', (code, signal) => {
      const note = signal === null ? '' : `stopped after ${options.timeoutMs / 1000} s`;
      resolve({ code: code ?? undefined, stdout, stderr: stderr + note });
    });
  });
}

/**
 * The absolute path of a program on PATH. Relative PATH entries are left out: they would let a
 * workspace choose the program, and so would Windows' own search, which starts in the working folder.
 */
export async function which(name: string, env = process.env): Promise<string | undefined> {
  const program = process.platform === 'win32' ? `${name}.exe` : name;
  for (const folder of (env.PATH ?? env.Path ?? '').split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue;
    const file = path.join(folder, program);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await fs.access(file, fs.constants.X_OK);
    return (await fs.stat(file)).isFile();
  } catch {
    return false;
  }
}
