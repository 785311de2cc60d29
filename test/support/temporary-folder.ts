import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One folder for whatever a run of the tests, and the programs that it starts, put into the system's temporary one. */
export default function setUp(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'regatta-tests-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
