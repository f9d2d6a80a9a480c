/** How the server is started: a chosen executable, a development checkout, or the private environment. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  commands,
  type ExtensionContext,
  ExtensionMode,
  env,
  type LogOutputChannel,
  ProgressLocation,
  window,
  workspace,
} from 'vscode';
import {
  discardIfBroken,
  type EnvironmentOptions,
  ensureEnvironment,
  PYTHON_FLAGS,
  removeLeftovers,
} from './environment';
import { type Candidate, findInterpreter, systemCandidates } from './python';
import { selectedInterpreter } from './selectedInterpreter';
import { setting } from './settings';
import { readWheelhouse, type Wheelhouse } from './wheelhouse';

/** The user was asked and said no. */
export class DeclinedError extends Error {}

/** A program with the arguments to put before those of the `tunesmith` command. */
export interface Tunesmith {
  command: string;
  args: readonly string[];
  options: { cwd: string };
}

/** How `tunesmith` is run. */
export async function tunesmithProgram(
  extension: ExtensionContext,
  output: LogOutputChannel,
  { repair = false } = {},
): Promise<Tunesmith> {
  const storage = extension.globalStorageUri.fsPath;
  fs.mkdirSync(storage, { recursive: true });
  // Not the workspace: nothing in it may be picked up as a module or a program.
  const options = { cwd: storage };

  const chosen = setting('server.path');
  if (chosen) return { command: chosenServer(chosen), args: [], options };
  const checkout = developmentPython(extension);
  if (checkout) return { command: checkout, args: ['-I', '-m', 'tunesmith'], options };

  const environment = await privateEnvironment(extension, output);
  if (repair) await discardIfBroken(environment);
  const folder = await ensureEnvironment(environment);
  removeLeftovers(environment.root, folder).catch((error) => output.warn(String(error)));
  return { command: environment.python.path, args: [...PYTHON_FLAGS, folder], options };
}

const RUN_HF = 'import sys; from huggingface_hub.cli.hf import main; sys.exit(main())';
/** With the folder of the private environment, which `-I -S` keeps out, as first argument. */
const RUN_HF_IN = `import sys; sys.path.insert(0, sys.argv.pop(1)); ${RUN_HF}`;

/** How the Hub's own command line `hf` is run, out of the same environment. */
export async function hfProgram(
  extension: ExtensionContext,
  output: LogOutputChannel,
): Promise<Pick<Tunesmith, 'command' | 'args'>> {
  const { command, args } = await tunesmithProgram(extension, output);
  const folder = args.at(-1);
  if (!folder) return { command: 'hf', args: [] }; // of a tunesmith that the user has installed
  if (folder === 'tunesmith') return { command, args: ['-I', '-c', RUN_HF] };
  return { command, args: [...PYTHON_FLAGS, '-c', RUN_HF_IN, folder] };
}

function chosenServer(file: string): string {
  if (path.isAbsolute(file) && fs.existsSync(file)) return file;
  throw new Error(
    `The setting tunesmith.server.path is ${JSON.stringify(file)}, expected the absolute path of ` +
      'an existing tunesmith executable. Correct it or leave it empty.',
  );
}

/** Python of the repository that the extension is run from, when it is run from one. */
function developmentPython(extension: ExtensionContext): string | undefined {
  if (extension.extensionMode === ExtensionMode.Production) return undefined;
  const inside = process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python';
  const python = path.join(extension.extensionPath, '.venv', inside);
  return fs.existsSync(python) ? python : undefined;
}

async function privateEnvironment(
  extension: ExtensionContext,
  output: LogOutputChannel,
): Promise<EnvironmentOptions> {
  const wheels = await readWheelhouse(path.join(extension.extensionPath, 'wheels'));
  const python = await findInterpreter(candidates(wheels), wheels);
  output.info(`Python ${python.version.join('.')} at ${python.path}`);
  return {
    root: path.join(extension.globalStorageUri.fsPath, 'env'),
    python,
    wheels,
    confirmInstall: () => confirmDownload(wheels),
    aroundInstall: (install) =>
      window.withProgress(
        { location: ProgressLocation.Notification, title: 'Tunesmith: setting up the checker' },
        install,
      ),
  };
}

async function* candidates(wheels: Wheelhouse): AsyncGenerator<Candidate> {
  const chosen = setting('interpreter');
  if (chosen) {
    yield { path: chosen, origin: 'the setting tunesmith.interpreter', explicit: true };
  }
  // The extension's interpreter can be a file of the workspace, which an untrusted one must not run.
  const selected = workspace.isTrusted ? await selectedInterpreter() : undefined;
  if (selected) yield { path: selected, origin: 'the Python extension' };
  yield* systemCandidates(wheels.minors);
}

/** The universal package carries no libraries: they are downloaded, and nothing is without consent. */
async function confirmDownload(wheels: Wheelhouse): Promise<void> {
  if (wheels.target !== 'universal') return;
  const network = setting('network');
  if (network === 'on') return;
  if (network === 'ask') {
    const question =
      'Tunesmith needs to download the Python libraries of its checker (about 5 MB), once. ' +
      'Each is compared with a recorded hash.';
    const answer = await window.showInformationMessage(question, 'Download', 'Not Now');
    if (answer === 'Download') return;
  }
  throw new DeclinedError(
    'The libraries of the checker are not installed, and this package of Tunesmith does not ' +
      'carry them. Run "Tunesmith: Restart Server" to be asked again, set tunesmith.network to ' +
      '"on", or install the package for your platform.',
  );
}

export async function openInterpreterSetting(): Promise<void> {
  // In a remote window the settings of the machine are those of the remote one.
  const command = env.remoteName ? 'openRemoteSettings' : 'openSettings';
  const query = 'tunesmith.interpreter';
  await commands.executeCommand(`workbench.action.${command}`, { query });
}
