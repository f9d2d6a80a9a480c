/** The page of a web view: one script, one style sheet, and the data that it begins with. */
import { randomBytes } from 'node:crypto';
import { type ExtensionContext, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';

/** Fills a panel with `dist/<name>.js` and `dist/<name>.css`. */
export function fillPanel(
  { extensionUri }: ExtensionContext,
  { webview }: WebviewPanel,
  { name, title, data }: { name: string; title: string; data: unknown },
): void {
  const folder = Uri.joinPath(extensionUri, 'dist');
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  const file = (ending: string) =>
    webview.asWebviewUri(Uri.joinPath(folder, `${name}.${ending}`)).toString();
  const nonce = randomBytes(16).toString('base64');
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  const target = JSON.stringify(data).replace(/&/g, '&amp;').replace(/"/g, '&quot;');
  webview.html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${file('css')}">
<title>${title}</title>
</head>
<body data-target="${target}">
<script nonce="${nonce}" src="${file('js')}"></script>
</body>
</html>`;
}

const isFirstActive = () => window.tabGroups.activeTabGroup.viewColumn === ViewColumn.One;

/** Beside the scripts, but in no third column, where nothing could be read. */
export const besideScripts = () => (isFirstActive() ? ViewColumn.Two : ViewColumn.Active);

/** Where it does not cover the active script, which is looked at with it. */
export const besideActive = () => ({
  viewColumn: isFirstActive() ? ViewColumn.Two : ViewColumn.One,
  preserveFocus: true,
});
