/** What a shell may complete of one command. */
export interface CompletableCommand {
  readonly name: string;
  readonly describe: string;
  readonly options: readonly CompletableOption[];
  /** Names that may stand where no option is; files may too. */
  readonly names: readonly string[];
}

export interface CompletableOption {
  readonly name: string;
  readonly describe: string;
  readonly takesValue: boolean;
  /** Values that exist; empty: any, a file perhaps. */
  readonly values: readonly string[];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly CompletableCommand[]): string {
  const values = commands.flatMap(({ name, options }) =>
    options
      .filter((option) => option.takesValue)
      .map((option) => {
        const words = option.values.length > 0 ? `_regatta_words ${quoted(option.values.join(' '))}; ` : '';
        return `    ${quoted(`${name} --${option.name}`)}) ${words}return;;`;
      }),
  );
  const words = commands.map(({ name, options, names }) => {
    const flags = quoted(options.map((option) => `--${option.name}`).join(' '));
    return `    ${name}) _regatta_words ${flags} ${quoted(names.join(' '))};;`;
  });
  return `# regatta completion for bash: eval "$(regatta completion bash)"
_regatta_words() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$1" -- "$word"));;
    *) COMPREPLY=($(compgen -W "\${2-$1}" -- "$word") $(compgen -f -- "$word"));;
  esac
}
_regatta() {
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(commands.map(({ name }) => name).join(' '))} -- "\${COMP_WORDS[1]}"))
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${words.join('\n')}
  esac
}
complete -o default -F _regatta regatta
`;
}

function zsh(commands: readonly CompletableCommand[]): string {
  const plain = (text: string): string => text.replace(/[:[\]]/g, (char) => `\\${char}`);
  const argument = ({ name, describe, takesValue, values }: CompletableOption): string => {
    const value = !takesValue ? '' : values.length > 0 ? `:${name}:(${values.join(' ')})` : `:${name}:_files`;
    return quoted(`*--${name}[${plain(describe)}]${value}`);
  };
  const cases = commands.map(({ name, options, names }) => {
    const files = names.length > 0 ? `_alternative "names:name:(${names.join(' ')})" "files:file:_files"` : '_files';
    return `    ${name}) _arguments ${options.map(argument).join(' ')} ${quoted(`*:argument:{${files}}`)};;`;
  });
  const list = commands.map(({ name, describe }) => quoted(`${name}:${describe}`));
  return `#compdef regatta
# regatta completion for zsh: eval "$(regatta completion zsh)"
_regatta() {
  local -a commands
  commands=(${list.join(' ')})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "\${words[1]}" in
${cases.join('\n')}
  esac
}
compdef _regatta regatta
`;
}

function fish(commands: readonly CompletableCommand[]): string {
  const lines = commands.flatMap(({ name, describe, options, names }) => {
    const seen = quoted(`__fish_seen_subcommand_from ${name}`);
    return [
      `complete -c regatta -n __fish_use_subcommand -f -a ${name} -d ${quoted(describe)}`,
      ...(names.length > 0 ? [`complete -c regatta -n ${seen} -a ${quoted(names.join(' '))}`] : []),
      ...options.map((option) => {
        const value = !option.takesValue
          ? ''
          : option.values.length > 0
            ? ` -x -a ${quoted(option.values.join(' '))}`
            : ' -r';
        return `complete -c regatta -n ${seen} -l ${option.name}${value} -d ${quoted(option.describe)}`;
      }),
    ];
  });
  return `# regatta completion for fish: regatta completion fish | source\n${lines.join('\n')}\n`;
}

/** Completion scripts by shell. */
export const completionScripts: Readonly<Record<string, (commands: readonly CompletableCommand[]) => string>> = {
  bash,
  zsh,
  fish,
};
