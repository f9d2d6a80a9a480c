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

/** Beside the scripts, but in no third column, where nothing could be read. */
export function besideScripts(): ViewColumn {
  const isFirst = window.tabGroups.activeTabGroup.viewColumn === ViewColumn.One;
  return isFirst ? ViewColumn.Two : ViewColumn.Active;
}
