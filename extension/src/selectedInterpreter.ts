/** The interpreter that the user selected for their scripts, as the Python extension tells it. */
import { type Disposable, type Event, extensions } from 'vscode';

interface PythonExtension {
  environments?: {
    getActiveEnvironmentPath(): { path: string };
    resolveEnvironment(
      path: unknown,
    ): Promise<{ executable: { uri?: { fsPath: string } } } | undefined>;
    onDidChangeActiveEnvironmentPath?: Event<unknown>;
  };
}

/** Path of the interpreter; undefined without the Python extension, or when nothing is selected. */
export async function selectedInterpreter(): Promise<string | undefined> {
  try {
    const environments = await pythonEnvironments();
    const resolved = await environments?.resolveEnvironment(
      environments.getActiveEnvironmentPath(),
    );
    return resolved?.executable.uri?.fsPath;
  } catch {
    // Its failure is its own to report; other interpreters remain.
    return undefined;
  }
}

/** Calls back whenever the user selects another one. */
export async function onDidSelectInterpreter(
  listener: () => void,
): Promise<Disposable | undefined> {
  try {
    const environments = await pythonEnvironments();
    return environments?.onDidChangeActiveEnvironmentPath?.(listener);
  } catch {
    return undefined;
  }
}

async function pythonEnvironments(): Promise<PythonExtension['environments']> {
  const python = extensions.getExtension<PythonExtension>('ms-python.python');
  return (await python?.activate())?.environments;
}
