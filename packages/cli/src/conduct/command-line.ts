/** The words of a command line as they are typed into a shell. */
export function commandLineOf(argv: readonly string[]): string {
  const quoted = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ['regatta', ...quoted].join(' ');
}
