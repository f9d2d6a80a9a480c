import * as fs from 'node:fs/promises';
import * as path from 'node:path';

/** What scripts/package.mjs writes to wheels/manifest.json. */
export interface Manifest {
  /** Version of the tunesmith wheel. */
  version: string;
  /** Of all files of the wheelhouse: the name of an environment says what it was made from. */
  hash: string;
  /** A `vsce --target`, or `universal` when the libraries are to be downloaded. */
  target: string;
  /** Minor versions of Python 3 that there are wheels for. */
  minors: number[];
  /** File name of pip's own wheel. */
  pip: string;
}

export interface Wheelhouse extends Manifest {
  folder: string;
}

export async function readWheelhouse(folder: string): Promise<Wheelhouse> {
  const file = path.join(folder, 'manifest.json');
  try {
    const manifest = JSON.parse(await fs.readFile(file, 'utf8')) as Manifest;
    return { ...manifest, folder };
  } catch (error) {
    throw new Error(
      `Cannot read ${file}, which comes with the extension: ${(error as Error).message}. ` +
        'Reinstall the extension.',
    );
  }
}
