/** Tells the user what went wrong, and what to do about it. */
import { commands, window } from 'vscode';
import { AgentError, type Step } from '../agent';

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

/** The command that helps, where there is one. */
export const stepOf = (error: unknown) => (error instanceof AgentError ? error.step : undefined);

export async function runStep(step: Step | undefined): Promise<void> {
  if (step) await commands.executeCommand(step.command, step.argument);
}

/** Shows an error as a message, with the command that helps. */
export async function showProblem(error: unknown): Promise<void> {
  const step = stepOf(error);
  const steps = step ? [step] : [];
  await runStep(await window.showErrorMessage(`Tunesmith: ${sentences(error)}`, ...steps));
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
