// What `import.meta.url` is of a CommonJS module; scripts/bundle.js puts it in its place.
import { pathToFileURL } from 'node:url';

export const importMetaUrl = pathToFileURL(__filename).href;
