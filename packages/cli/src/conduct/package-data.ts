import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the data that the package ships, found from wherever the built code lies. */
function dataFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'data', 'published'))) return join(folder, 'data');
    if (folder === dirname(folder)) throw new Error('the data that ships with the package is missing');
  }
}

/** Names and texts of the published measurements that the package ships. */
export function shippedMeasurements(): { readonly name: string; readonly text: string }[] {
  const folder = join(dataFolder(), 'published');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ name: file.replace(/\.json$/, ''), text: readFileSync(join(folder, file), 'utf8') }));
}
