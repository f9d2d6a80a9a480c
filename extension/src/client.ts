/** The language client: which documents it serves, how it restarts, what it changes on the way. */
import { type LogOutputChannel, MarkdownString, Uri } from 'vscode';
import {
  CloseAction,
  ErrorAction,
  type ErrorHandler,
  type Executable,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  RevealOutputChannelOn,
} from 'vscode-languageclient/node';
import { SELECTOR } from './documents';
import { bundledPage, replaceLinks } from './links';
import { PROTOCOL_VERSION } from './protocol';
import { SECTION } from './settings';

/** Restarts within three minutes after which a crashing server stays down. */
export const RESTART_LIMIT = 4;

/** Leaves what to tell the user, and when, to its owner: its own notices go to the output only. */
class QuietLanguageClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export interface ClientOptions {
  command: Executable;
  output: LogOutputChannel;
  extensionPath: string;
  /** Called when a server that was running has crashed too often to be started again. */
  onGivenUp: () => void;
}

export function createClient(options: ClientOptions): LanguageClient {
  const clientOptions: LanguageClientOptions = {
    documentSelector: SELECTOR,
    outputChannel: options.output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: { protocol: PROTOCOL_VERSION },
    initializationFailedHandler: () => false,
    synchronize: { configurationSection: SECTION },
    middleware: linkToBundledPages(options.extensionPath),
  };
  const client = new QuietLanguageClient(SECTION, 'Tunesmith', options.command, clientOptions);
  client.clientOptions.errorHandler = restartAfterCrash(client, options.onGivenUp);
  return client;
}

/** Restarts as the client's own handler does, but not a server that never ran. */
function restartAfterCrash(client: LanguageClient, onGivenUp: () => void): ErrorHandler {
  const standard = client.createDefaultErrorHandler(RESTART_LIMIT);
  let hasRun = false;
  client.onDidChangeState(() => {
    hasRun ||= client.isRunning();
  });
  return {
    error: (error) => {
      // Of a broken pipe `closed` is told next, which decides; the standard handler would stop the
      // client first, for good. After a message that cannot be read the stream is of no more use.
      if (!('code' in error)) client.serverProcess?.kill();
      return { action: ErrorAction.Continue, handled: true };
    },
    closed: async () => {
      if (!hasRun) return { action: CloseAction.DoNotRestart, handled: true };
      const result = await standard.closed();
      if (result.action === CloseAction.DoNotRestart) onGivenUp();
      return { ...result, handled: true };
    },
  };
}

/**
 * Makes "learn more" open the page that comes with the extension, which needs no network. It is a
 * file: VS Code opens no `command:` link from a diagnostic. The manifest makes it open as a preview.
 */
function linkToBundledPages(extensionPath: string): Middleware {
  const pageOf = (address: string) => {
    const page = bundledPage(extensionPath, address);
    return page ? Uri.file(page) : undefined;
  };
  return {
    handleDiagnostics: (uri, diagnostics, next) => {
      for (const { code } of diagnostics) {
        if (typeof code === 'object') code.target = pageOf(code.target.toString()) ?? code.target;
      }
      next(uri, diagnostics);
    },
    provideHover: async (document, position, token, next) => {
      const hover = await next(document, position, token);
      for (const content of hover?.contents ?? []) {
        if (content instanceof MarkdownString) {
          content.value = replaceLinks(content.value, (address) => pageOf(address)?.toString());
        }
      }
      return hover;
    },
  };
}

/** Throws when the server is of another release than the extension. */
export function requireProtocol(client: LanguageClient): void {
  const experimental: unknown = client.initializeResult?.capabilities.experimental;
  const theirs = (experimental as { tunesmith?: { protocol?: number } } | undefined)?.tunesmith
    ?.protocol;
  if (theirs === PROTOCOL_VERSION) return;
  throw new Error(
    `The checker speaks protocol ${theirs ?? 'unknown'}, this extension ${PROTOCOL_VERSION}. ` +
      'Reload the window; when tunesmith.server.path is set, update that server or clear the setting.',
  );
}
