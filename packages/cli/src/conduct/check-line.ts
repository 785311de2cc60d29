import { didYouMean, InputError, nearestName } from '@regatta/scenarios';
import { type Command, optionsOf } from './command.js';

/** Positionals by name; unknown options, repeated single options and wrong choices are mistakes, all found at once. */
export function checkLine(
  name: string,
  command: Command,
  parsed: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const options = optionsOf(command);
  const aliases = Object.values(options).flatMap((spec) => (spec.alias === undefined ? [] : [spec.alias]));
  const known = new Set([...Object.keys(options), ...aliases, 'help', 'h', '_', '$0', '--']);
  const problems: InputError['issues'][number][] = [];
  const problem = (path: string, message: string, expected: string): void => {
    problems.push({ code: 'usage', path, expected, received: '', message });
  };
  const args: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(parsed)) {
    if (!known.has(key)) {
      const no = value === false ? 'no-' : '';
      const nearest = nearestName(key, Object.keys(options));
      problem(
        `--${no}${key}`,
        `unknown option${nearest === undefined ? '' : ` (did you mean --${no}${nearest}?)`}`,
        `an option of regatta ${name} --help`,
      );
      continue;
    }
    const spec = options[key];
    if (!spec || value === undefined) continue;
    if (spec.type !== 'array' && Array.isArray(value)) problem(`--${key}`, 'is given more than once', 'one value');
    else if (spec.choices && typeof value === 'string' && !spec.choices.includes(value)) {
      problem(`--${key}`, `unknown value ${value}${didYouMean(value, spec.choices)}`, spec.choices.join(' | '));
    } else args[key] = value;
  }
  const positionals = [...command.usage.matchAll(/[[<]([a-z]+)(\.\.\.)?[\]>]/gi)];
  const given = Array.isArray(parsed._) ? parsed._.map(String) : [];
  for (const [whole, positional, many] of positionals) {
    const value = many ? given.splice(0) : given.shift();
    if (value === undefined || (Array.isArray(value) && value.length === 0)) {
      if (whole.startsWith('<')) problem(positional ?? '', 'is missing', `regatta ${command.usage}`);
    } else if (positional) args[positional] = value;
  }
  if (given.length > 0) problem('', `unexpected argument ${given.join(' ')}`, `regatta ${command.usage}`);
  if (problems.length > 0) throw new InputError(problems);
  return args;
}
