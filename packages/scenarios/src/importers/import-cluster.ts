import { InputError, type InputIssue } from '../schema/input-error.js';
import { readClusterFile } from './cluster-file.js';
import { type ClusterSources, type UnifiedOptions, type UnifiedView, unifiedView } from './unified-view.js';

/** A file that was read: its name for messages and its text. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/**
 * One cluster of any of the files that describe it, told apart by content. Throws InputError with the mistakes of all
 * files, and when two of one kind are given.
 */
export function importCluster(files: readonly NamedText[], options: UnifiedOptions): UnifiedView {
  const sources: { -readonly [K in keyof ClusterSources]: ClusterSources[K] } = {};
  const seen = new Map<string, string>();
  const found: InputIssue[] = [];
  for (const { file, text } of files) {
    const read = collect(found, () => readClusterFile(text, file));
    if (!read) continue;
    const first = seen.get(read.format);
    if (first !== undefined) {
      const message = `is a second ${read.format} file beside ${first}`;
      found.push({
        code: 'duplicate',
        file,
        path: 'import',
        message,
        expected: 'one file of each kind',
        received: file,
      });
    }
    seen.set(read.format, file);
    if (read.format === 'nvidia-smi-topo') sources.topo = read;
    else if (read.format === 'ibnetdiscover') sources.fabric = read;
    else sources.slurm = read;
  }
  if (found.length > 0) throw new InputError(found);
  return unifiedView(sources, options);
}

function collect<T>(found: InputIssue[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    found.push(...error.issues);
    return undefined;
  }
}
