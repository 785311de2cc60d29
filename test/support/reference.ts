import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the reference cases: REGATTA_REFERENCE, or the copy in test/fixtures/reference. */
export const referenceFolder =
  process.env.REGATTA_REFERENCE ?? fileURLToPath(new URL('../fixtures/reference', import.meta.url));

/** Names of the files of one kind of reference, sorted; empty when the folder has none of that kind. */
export function referenceFiles(kind: string): string[] {
  const folder = join(referenceFolder, kind);
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .sort()
    : [];
}

/** Parsed content of one reference file; undefined when the folder does not hold it. */
export function readReference(kind: string, file: string): unknown {
  const path = join(referenceFolder, kind, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** Folder of other projects' files (`samples`, `traces`) beside the project, or undefined with a printed reason. */
export function sharedFolder(name: 'samples' | 'traces'): string | undefined {
  const folder = fileURLToPath(new URL(`../../../shared/${name}`, import.meta.url));
  if (existsSync(folder)) return folder;
  console.log(`skipped: ../shared/${name} is not there`);
  return undefined;
}

/** Registers a test that says so when the reference folder holds no cases for a suite, instead of an empty suite. */
export function noteWhenEmpty(cases: number, name: string, register: (title: string, body: () => void) => void): void {
  if (cases > 0) return;
  register(`no cases of ${name} in the reference folder`, () =>
    console.log(`skipped: ${referenceFolder} holds no ${name}`),
  );
}
