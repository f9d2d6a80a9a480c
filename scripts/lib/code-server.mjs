import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, run } from './run.mjs';

/** Settings that keep the workbench quiet: no welcome page, no assistant, no update check. */
const SETTINGS = {
  'chat.disableAIFeatures': true,
  'editor.minimap.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.autoSave': 'off',
  'files.hotExit': 'off',
  'git.openRepositoryInParentFolders': 'never',
  'telemetry.telemetryLevel': 'off',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
};

const QUIET = [
  '--auth=none',
  '--disable-telemetry',
  '--disable-update-check',
  '--disable-getting-started-override',
  '--ignore-last-opened',
];

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

const healthy = (base) =>
  new Promise((resolve) => {
    http
      .get(`${base}/healthz`, (response) => resolve(response.resume().statusCode === 200))
      .on('error', () => resolve(false));
  });

/**
 * One profile of code-server: settings, extensions and a home of its own under `folder`.
 * A profile may be started again; its settings are written only once.
 */
export class Profile {
  constructor(editor, folder, settings = {}) {
    this.editor = editor;
    this.folder = folder;
    this.userData = path.join(folder, 'user-data');
    this.log = path.join(folder, 'server.log');
    const user = path.join(this.userData, 'User');
    for (const made of [user, path.join(folder, 'home'), path.join(folder, 'extensions')])
      fs.mkdirSync(made, { recursive: true });
    fs.writeFileSync(path.join(folder, 'config.yaml'), '');
    const file = path.join(user, 'settings.json');
    if (!fs.existsSync(file))
      fs.writeFileSync(file, JSON.stringify({ ...SETTINGS, ...settings }, undefined, 2));
  }

  get #arguments() {
    const at = (name) => path.join(this.folder, name);
    return [
      this.editor.entry,
      `--config=${at('config.yaml')}`,
      `--user-data-dir=${this.userData}`,
      `--extensions-dir=${at('extensions')}`,
    ];
  }

  #environment(more) {
    const home = path.join(this.folder, 'home');
    return { ...process.env, HOME: home, XDG_RUNTIME_DIR: this.folder, ...more };
  }

  install(vsix) {
    const args = [...this.#arguments, `--install-extension=${vsix}`, '--force'];
    return run(this.editor.node, args, { env: this.#environment(), quiet: true });
  }

  /** The scripts of an installed extension with their sizes in bytes: `[name, size]`. */
  bundles(id) {
    const extensions = path.join(this.folder, 'extensions');
    const installed = fs.readdirSync(extensions).find((name) => name.startsWith(`${id}-`));
    const dist = path.join(extensions, installed, 'dist');
    return fs.readdirSync(dist).map((name) => [name, fs.statSync(path.join(dist, name)).size]);
  }

  /** Start the server; `{ base, stop }` when it answers. */
  async start({ trust = true, development = false, env = {}, prefix = [] } = {}) {
    const port = await freePort();
    const base = `http://127.0.0.1:${port}`;
    const command = [
      ...prefix,
      this.editor.node,
      ...this.#arguments,
      `--bind-addr=127.0.0.1:${port}`,
    ];
    command.push(...QUIET);
    if (trust) command.push('--disable-workspace-trust');
    if (development) command.push('--vscode-option', 'enable-smoke-test-driver');
    const log = fs.openSync(this.log, 'w');
    const child = spawn(command[0], command.slice(1), {
      env: this.#environment(env),
      stdio: ['ignore', log, log],
    });
    fs.closeSync(log);
    const ended = once(child, 'exit');
    const stop = async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    };
    for (let tries = 0; !(await healthy(base)); tries++) {
      if (child.exitCode !== null || tries > 600) {
        await stop();
        throw new Failure(`code-server did not start:\n${fs.readFileSync(this.log, 'utf8')}`);
      }
      await delay(50);
    }
    return { base, stop, ended };
  }
}

/** The address that opens a folder, with VS Code's own start parameters as `payload` pairs. */
export function workbenchUrl(base, folder, payload = []) {
  const query = new URLSearchParams({ folder });
  if (payload.length) query.set('payload', JSON.stringify(payload));
  return `${base}/?${query}`;
}
