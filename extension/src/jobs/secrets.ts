/** Values of secrets: what the user typed, kept in memory only, or what the environment has. */
import { window } from 'vscode';

const typed = new Map<string, string>();

/** The names of all variables that have a value here. */
export function availableNames(): string[] {
  const own = Object.entries(process.env).filter(([, value]) => value);
  return [...new Set([...typed.keys(), ...own.map(([name]) => name)])];
}

/** The values of those that have one here. */
export function secretValues(names: readonly string[]): Record<string, string> {
  const found = names.map((name) => [name, typed.get(name) ?? process.env[name]] as const);
  return Object.fromEntries(found.filter((each): each is [string, string] => Boolean(each[1])));
}

/** Asks for the value of one; whether there is one now. */
export async function askSecret(name: string): Promise<boolean> {
  const value = await window.showInputBox({
    title: `Value of ${name}`,
    prompt: 'Kept in memory until this window is closed; sent along with the job only.',
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() ? undefined : 'A value'),
  });
  if (value === undefined) return false;
  typed.set(name, value.trim());
  return true;
}
