import { didYouMean, InputError } from '@regatta/scenarios';
import { type Command, commonOptions, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import { commands } from './index.js';

async function optionsByCommand(): Promise<[string, string[]][]> {
  return Promise.all(
    Object.entries(commands).map(async ([name, registration]): Promise<[string, string[]]> => {
      const command = await registration.load();
      return [
        name,
        [...Object.keys(command.options), ...Object.keys(commonOptions), 'help'].map((option) => `--${option}`),
      ];
    }),
  );
}

const bash = (list: [string, string[]][]): string => `# regatta completion for bash: eval "$(regatta completion bash)"
_regatta() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W "${list.map(([name]) => name).join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${list.map(([name, options]) => `    ${name}) COMPREPLY=($(compgen -W "${options.join(' ')}" -- "$word"));;`).join('\n')}
  esac
}
complete -o default -F _regatta regatta
`;

const zsh = (list: [string, string[]][]): string => `#compdef regatta
# regatta completion for zsh: eval "$(regatta completion zsh)"
_regatta() {
  if (( CURRENT == 2 )); then
    compadd ${list.map(([name]) => name).join(' ')}
    return
  fi
  case "\${words[2]}" in
${list.map(([name, options]) => `    ${name}) compadd -- ${options.join(' ')}; _files;;`).join('\n')}
  esac
}
compdef _regatta regatta
`;

const fish = (list: [string, string[]][]): string =>
  [
    '# regatta completion for fish: regatta completion fish | source',
    ...list.map(([name]) => `complete -c regatta -n __fish_use_subcommand -a ${name}`),
    ...list.flatMap(([name, options]) =>
      options.map((option) => `complete -c regatta -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`),
    ),
    '',
  ].join('\n');

export const completion: Command = {
  usage: 'completion <shell>',
  describe: 'Prints the completion script of a shell: bash, zsh or fish.',
  examples: [
    ['eval "$(regatta completion bash)"', 'for this bash'],
    ['regatta completion zsh > _regatta', 'a file for zsh'],
    ['regatta completion fish | source', 'for this fish'],
  ],
  options: {},
  async run(args, io) {
    const shell = stringArgument(args, 'shell');
    const writers: Readonly<Record<string, (list: [string, string[]][]) => string>> = { bash, zsh, fish };
    const writer = shell === undefined || !Object.hasOwn(writers, shell) ? undefined : writers[shell];
    if (!writer) {
      throw new InputError([
        {
          code: 'shell',
          path: 'shell',
          message:
            shell === undefined ? 'is missing' : `unknown shell ${shell}${didYouMean(shell, Object.keys(writers))}`,
          expected: 'bash | zsh | fish',
          received: shell ?? '',
        },
      ]);
    }
    const script = writer(await optionsByCommand());
    deliver(args, io, { schemaVersion: 1, command: 'completion', shell, script }, () => script);
    return 0;
  },
};
