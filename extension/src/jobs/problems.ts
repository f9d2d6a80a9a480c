/** Tells the user what went wrong, and what to do about it. */
import { commands, window } from 'vscode';
import { AgentError } from '../agent';

/** "What is wrong. Next step." of an error. */
export function sentences(error: unknown): string {
  const message = sentence(error instanceof Error ? error.message : String(error));
  return error instanceof AgentError ? `${message} ${sentence(error.nextStep)}` : message;
}

export function sentence(text: string): string {
  const trimmed = text.trim();
  const end = /[.!?]$/.test(trimmed) ? '' : '.';
  // The name of a file or an option stays as it is.
  const isWord = /^[a-z]+(?=[\s,:;]|$)/.test(trimmed);
  return `${isWord ? capitalized(trimmed) : trimmed}${end}`;
}

const capitalized = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** Without what it advises users of the command line to do. */
export const withoutOptions = (text: string) => text.replace(/; --online[^.]*/g, '');

/** Whether the next step is to sign in. */
export const asksForSignIn = (error: unknown) =>
  error instanceof AgentError && error.nextStep.includes('hf auth login');

/** Shows an error as a message, with the step that helps where that is a command of ours. */
export async function showProblem(error: unknown): Promise<void> {
  const steps = asksForSignIn(error) ? ['Sign In'] : [];
  const answer = await window.showErrorMessage(`Tunesmith: ${sentences(error)}`, ...steps);
  if (answer === 'Sign In') await commands.executeCommand('tunesmith.signIn');
}

/** A command that tells the user why it could not be done. */
export function told<Arguments extends unknown[]>(
  command: (...args: Arguments) => Promise<unknown>,
): (...args: Arguments) => Promise<void> {
  return async (...args) => {
    try {
      await command(...args);
    } catch (error) {
      void showProblem(error);
    }
  };
}
