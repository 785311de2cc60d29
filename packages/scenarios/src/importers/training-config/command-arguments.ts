import type { Setting } from './settings.js';
import type { ExpandedCommand } from './shell-script.js';
import { type Piece, textOf } from './shell-variables.js';
import { type Place, placeOf } from './types.js';

/** An argument of a command with the words that follow it. */
export interface Argument {
  readonly name: string;
  readonly values: (readonly Piece[])[];
  readonly place: Place;
}

/** Words of a command; a quoted word that holds a whole command line (`bash -c "…"`) is split. */
export function flatWords(command: ExpandedCommand): Piece[][] {
  return command.words.flatMap((word) => {
    const text = textOf(word);
    if (!/\s/.test(text) || !/(^|\s)--[A-Za-z]/.test(text)) return [[...word]];
    const split: Piece[][] = [[]];
    for (const piece of word) {
      for (const run of piece.text.match(/\s+|\S+/g) ?? []) {
        if (/^\s/.test(run)) split.push([]);
        else split.at(-1)?.push({ ...piece, text: run });
      }
    }
    return split.filter((part) => part.length > 0);
  });
}

/** The arguments of a command by name, in order; what stands before its program is the launcher's. */
export function argumentsOf(command: ExpandedCommand): Argument[] {
  const found: Argument[] = [];
  let open: Argument | undefined;
  for (const word of flatWords(command)) {
    const text = textOf(word);
    // Operators inside a quoted command line.
    if (/^(\d*|&)>|^(\||;|&&?|\|\|)$/.test(text)) {
      open = undefined;
      continue;
    }
    const place = word[0] ?? command;
    const [, name, value] = /^(--?[A-Za-z][\w.-]*)(?:=(.*))?$/s.exec(text) ?? [];
    if (name !== undefined) {
      open = { name, values: [], place };
      if (value !== undefined) {
        open.values.push(afterEquals(word));
        found.push(open);
        open = undefined;
      } else found.push(open);
    } else if (/\.py$/.test(text)) open = undefined;
    else open?.values.push(word);
  }
  return found;
}

/** The pieces after the first `=` of a word. */
function afterEquals(word: readonly Piece[]): Piece[] {
  const at = word.findIndex((piece) => piece.text.includes('='));
  const piece = word[at];
  if (!piece) return [];
  const rest = piece.text.slice(piece.text.indexOf('=') + 1);
  return [{ ...piece, text: rest }, ...word.slice(at + 1)];
}

export function settingOf({ name, values, place }: Argument): Setting {
  const unset = values.flat().find((piece) => piece.unset !== undefined)?.unset;
  return {
    name,
    ...placeOf(place),
    value: values.length === 0 ? true : values.map(textOf).join(' '),
    ...(unset === undefined ? {} : { unset }),
  };
}
