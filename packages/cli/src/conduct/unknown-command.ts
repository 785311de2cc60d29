import { didYouMean } from '@regatta/scenarios';

/** What to say of a first word that names no command. */
export function unknownCommand(name: string, commands: readonly string[]): string {
  const kind = name.startsWith('-') ? 'option' : 'command';
  return `error: unknown ${kind} ${name}${didYouMean(name, commands)}, expected one of ${commands.join(', ')}\n`;
}
