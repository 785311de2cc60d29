import { InputError } from '../../schema/input-error.js';
import { parseLocated } from '../../schema/located-text.js';
import { describeIssues } from '../../schema/zod-issues.js';
import { type PublishedFile, publishedFileSchema } from './published-file.js';

/** Reads a file of the form of reference/published. @throws InputError with every field that cannot be read. */
export function readPublished(text: string, file: string): PublishedFile {
  const located = parseLocated(text, file);
  const parsed = publishedFileSchema.safeParse(located.value);
  if (parsed.success) return parsed.data;
  throw new InputError(
    describeIssues(parsed.error, located.value, publishedFileSchema).map(({ at, ...issue }) => ({
      file,
      ...located.locate(at.map(String)),
      ...issue,
    })),
  );
}
